from otter.test_files import test_case

OK_FORMAT = False

name = "mlp_results"
points = 0.5

@test_case(points=0, hidden=False)
def test_score_mlp_is_loss_and_accuracy(score_mlp):
    import numpy as np
    assert score_mlp is not ..., '`score_mlp` is still `...`: replace it by the result of mlp.evaluate'
    score = np.asarray(list(score_mlp.values()) if isinstance(score_mlp, dict) else score_mlp)
    two_numbers = score.size == 2 and score.dtype.kind in 'iuf'
    assert two_numbers, f'`score_mlp` should hold two numbers, the loss and the accuracy, found {score_mlp!r:.80}'
    loss, accuracy = score.reshape(-1).tolist()
    assert loss >= 0, f'`score_mlp`: a loss should be at least 0, found {loss}'
    assert 0 <= accuracy <= 1, f'`score_mlp`: accuracy, the second number, should be from 0 to 1, found {accuracy}'

@test_case(points=0, hidden=False)
def test_predict_mlp_is_probabilities(predict_mlp):
    import numpy as np
    assert predict_mlp is not ..., '`predict_mlp` is still `...`: replace it by the result of mlp.predict'
    shape = np.shape(predict_mlp)
    right = shape == (10000, 10)
    assert right, f'`predict_mlp` should have a row of ten for each of 10,000 images, found shape {shape}'
    sums = np.sum(predict_mlp, axis=1)
    assert np.allclose(sums, 1, atol=0.01), '`predict_mlp`: the ten probabilities of an image should add up to 1'

@test_case(points=0.25, hidden=True)
def test_score_of_mlp(mlp, score_mlp, reference):
    reference.score(mlp, score_mlp, name='score_mlp')
    reference.accuracy(mlp, 'mlp')

@test_case(points=0.25, hidden=True)
def test_predictions_of_mlp(mlp, predict_mlp, reference):
    reference.predictions(mlp, predict_mlp, name='predict_mlp')
