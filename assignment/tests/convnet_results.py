from otter.test_files import test_case

OK_FORMAT = False

name = "convnet_results"
points = 1

@test_case(points=0, hidden=False)
def test_score_convnet_is_loss_and_accuracy(score_ConvNet):
    import numpy as np
    answer = score_ConvNet
    assert answer is not None, '`score_ConvNet` has no value: it is not defined, or it is None'
    assert answer is not ..., '`score_ConvNet` is still `...`: replace it by the result of ConvNet.evaluate'
    try:
        score = np.asarray(list(answer.values()) if isinstance(answer, dict) else answer).reshape(-1)
    except (TypeError, ValueError):
        score = np.array([])
    numbers = 1 <= score.size <= 10 and score.dtype.kind in 'iuf' and np.isfinite(score).all()
    found = ' '.join(repr(answer).split())[:80]
    assert numbers, f'`score_ConvNet` should hold what evaluate returns, the loss and the accuracy (numbers), found {found}'
    assert score[0] >= 0, f'`score_ConvNet`: a loss should be at least 0, found {score[0]:g}'

@test_case(points=0, hidden=False)
def test_predict_convnet_is_probabilities(predict_ConvNet):
    import numpy as np
    assert predict_ConvNet is not None, '`predict_ConvNet` has no value: it is not defined, or it is None'
    assert predict_ConvNet is not ..., '`predict_ConvNet` is still `...`: replace it by the result of ConvNet.predict'
    try:
        probabilities = np.asarray(predict_ConvNet, dtype=float)
    except (TypeError, ValueError):
        found = ' '.join(repr(predict_ConvNet).split())[:80]
        raise AssertionError(f'`predict_ConvNet` should be an array of numbers, found {found}') from None
    shape = probabilities.shape
    right = shape == (10000, 10)
    assert right, f'`predict_ConvNet` should have a row of ten for each of 10,000 images, found shape {shape}'
    sums = probabilities.sum(axis=1)
    assert np.allclose(sums, 1, atol=0.01), '`predict_ConvNet`: the ten probabilities of an image should add up to 1'

@test_case(points=0.25, hidden=True)
def test_score_of_convnet(ConvNet, score_ConvNet, reference):
    reference.score(ConvNet, score_ConvNet, name='score_ConvNet')

@test_case(points=0.25, hidden=True)
def test_predictions_of_convnet(ConvNet, predict_ConvNet, reference):
    reference.predictions(ConvNet, predict_ConvNet, name='predict_ConvNet')

@test_case(points=0.25, hidden=True)
def test_optimizer_of_convnet(ConvNet, reference):
    reference.trained(ConvNet, name='ConvNet')
    reference.optimizer(ConvNet, 'Adadelta', name='ConvNet', defaults=True)
    reference.loss(ConvNet, 'sparse_categorical_crossentropy', name='ConvNet')

@test_case(points=0.25, hidden=True)
def test_accuracy_of_convnet(ConvNet, reference):
    reference.trained(ConvNet, name='ConvNet', epochs=5, batch_size=128)
    reference.accuracy(ConvNet, 'ConvNet')
