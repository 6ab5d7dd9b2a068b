from otter.test_files import test_case

OK_FORMAT = False

name = "mlp_results"
points = 0.5

@test_case(points=0, hidden=False)
def test_score_mlp_is_loss_and_accuracy(score_mlp):
    import numpy as np
    assert score_mlp is not None, '`score_mlp` has no value: it is not defined, or it is None'
    assert score_mlp is not ..., '`score_mlp` is still `...`: replace it by the result of mlp.evaluate'
    try:
        score = np.asarray(list(score_mlp.values()) if isinstance(score_mlp, dict) else score_mlp).reshape(-1)
    except (TypeError, ValueError):
        score = np.array([])
    numbers = 1 <= score.size <= 10 and score.dtype.kind in 'iuf' and np.isfinite(score).all()
    found = ' '.join(repr(score_mlp).split())[:80]
    assert numbers, f'`score_mlp` should hold what evaluate returns, the loss and the accuracy (numbers), found {found}'
    assert score[0] >= 0, f'`score_mlp`: a loss should be at least 0, found {score[0]:g}'

@test_case(points=0, hidden=False)
def test_predict_mlp_is_probabilities(predict_mlp):
    import numpy as np
    assert predict_mlp is not None, '`predict_mlp` has no value: it is not defined, or it is None'
    assert predict_mlp is not ..., '`predict_mlp` is still `...`: replace it by the result of mlp.predict'
    try:
        probabilities = np.asarray(predict_mlp, dtype=float)
    except (TypeError, ValueError):
        found = ' '.join(repr(predict_mlp).split())[:80]
        raise AssertionError(f'`predict_mlp` should be an array of numbers, found {found}') from None
    shape = probabilities.shape
    right = shape == (10000, 10)
    assert right, f'`predict_mlp` should have a row of ten for each of 10,000 images, found shape {shape}'
    sums = probabilities.sum(axis=1)
    assert np.allclose(sums, 1, atol=0.01), '`predict_mlp`: the ten probabilities of an image should add up to 1'

@test_case(points=0.25, hidden=True)
def test_score_of_mlp(mlp, score_mlp, reference):
    reference.score(mlp, score_mlp, name='score_mlp')
    reference.trained(mlp, name='mlp', epochs=10)
    reference.accuracy(mlp, 'mlp')

@test_case(points=0.25, hidden=True)
def test_predictions_of_mlp(mlp, predict_mlp, reference):
    reference.predictions(mlp, predict_mlp, name='predict_mlp')
