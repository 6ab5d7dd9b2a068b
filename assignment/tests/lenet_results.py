from otter.test_files import test_case

OK_FORMAT = False

name = "lenet_results"
points = 0.5

@test_case(points=0, hidden=False)
def test_score_lenet_is_loss_and_accuracy(score_LeNet):
    import numpy as np
    assert score_LeNet is not ..., '`score_LeNet` is still `...`: replace it by the result of LeNet.evaluate'
    score = np.asarray(list(score_LeNet.values()) if isinstance(score_LeNet, dict) else score_LeNet)
    two_numbers = score.size == 2 and score.dtype.kind in 'iuf'
    assert two_numbers, f'`score_LeNet` should hold two numbers, the loss and the accuracy, found {score_LeNet!r:.80}'
    loss, accuracy = score.reshape(-1).tolist()
    assert loss >= 0, f'`score_LeNet`: a loss should be at least 0, found {loss}'
    assert 0 <= accuracy <= 1, f'`score_LeNet`: accuracy, the second number, should be from 0 to 1, found {accuracy}'

@test_case(points=0, hidden=False)
def test_predict_lenet_is_probabilities(predict_LeNet):
    import numpy as np
    assert predict_LeNet is not ..., '`predict_LeNet` is still `...`: replace it by the result of LeNet.predict'
    shape = np.shape(predict_LeNet)
    right = shape == (10000, 10)
    assert right, f'`predict_LeNet` should have a row of ten for each of 10,000 images, found shape {shape}'
    sums = np.sum(predict_LeNet, axis=1)
    assert np.allclose(sums, 1, atol=0.01), '`predict_LeNet`: the ten probabilities of an image should add up to 1'

@test_case(points=0.25, hidden=True)
def test_score_of_lenet(LeNet, score_LeNet, expect, reference):
    reference.score(LeNet, score_LeNet, name='score_LeNet')
    expect.optimizer(LeNet, 'Adadelta', name='LeNet')
    reference.accuracy(LeNet, 'LeNet')

@test_case(points=0.25, hidden=True)
def test_predictions_of_lenet(LeNet, predict_LeNet, reference):
    reference.predictions(LeNet, predict_LeNet, name='predict_LeNet')
