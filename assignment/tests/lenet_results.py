from otter.test_files import test_case

OK_FORMAT = False

name = "lenet_results"
points = 0.5

@test_case(points=0, hidden=False)
def test_score_lenet_is_loss_and_accuracy(score_LeNet):
    import numpy as np
    assert score_LeNet is not None, '`score_LeNet` has no value: it is not defined, or it is None'
    assert score_LeNet is not ..., '`score_LeNet` is still `...`: replace it by the result of LeNet.evaluate'
    try:
        score = np.asarray(list(score_LeNet.values()) if isinstance(score_LeNet, dict) else score_LeNet).reshape(-1)
    except (TypeError, ValueError):
        score = np.array([])
    numbers = 1 <= score.size <= 10 and score.dtype.kind in 'iuf' and np.isfinite(score).all()
    found = ' '.join(repr(score_LeNet).split())[:80]
    assert numbers, f'`score_LeNet` should hold what evaluate returns, the loss and the accuracy (numbers), found {found}'
    assert score[0] >= 0, f'`score_LeNet`: a loss should be at least 0, found {score[0]:g}'

@test_case(points=0, hidden=False)
def test_predict_lenet_is_probabilities(predict_LeNet):
    import numpy as np
    assert predict_LeNet is not None, '`predict_LeNet` has no value: it is not defined, or it is None'
    assert predict_LeNet is not ..., '`predict_LeNet` is still `...`: replace it by the result of LeNet.predict'
    try:
        probabilities = np.asarray(predict_LeNet, dtype=float)
    except (TypeError, ValueError):
        found = ' '.join(repr(predict_LeNet).split())[:80]
        raise AssertionError(f'`predict_LeNet` should be an array of numbers, found {found}') from None
    shape = probabilities.shape
    right = shape == (10000, 10)
    assert right, f'`predict_LeNet` should have a row of ten for each of 10,000 images, found shape {shape}'
    sums = probabilities.sum(axis=1)
    assert np.allclose(sums, 1, atol=0.01), '`predict_LeNet`: the ten probabilities of an image should add up to 1'

@test_case(points=0.25, hidden=True)
def test_score_of_lenet(LeNet, score_LeNet, reference):
    reference.score(LeNet, score_LeNet, name='score_LeNet')
    reference.optimizer(LeNet, 'Adadelta', name='LeNet', defaults=True)
    reference.trained(LeNet, name='LeNet', epochs=10)
    reference.accuracy(LeNet, 'LeNet')

@test_case(points=0.25, hidden=True)
def test_predictions_of_lenet(LeNet, predict_LeNet, reference):
    reference.predictions(LeNet, predict_LeNet, name='predict_LeNet')
