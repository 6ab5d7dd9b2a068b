from otter.test_files import test_case

OK_FORMAT = False

name = "convnet_results"
points = 1

@test_case(points=0, hidden=False)
def test_score_convnet_is_loss_and_accuracy(score_ConvNet):
    import numpy as np
    assert score_ConvNet is not ..., '`score_ConvNet` is still `...`: replace it by the result of ConvNet.evaluate'
    score = np.asarray(list(score_ConvNet.values()) if isinstance(score_ConvNet, dict) else score_ConvNet)
    two_numbers = score.size == 2 and score.dtype.kind in 'iuf'
    assert two_numbers, f'`score_ConvNet` should hold two numbers, the loss and the accuracy, found {score_ConvNet!r:.80}'
    loss, accuracy = score.reshape(-1).tolist()
    assert loss >= 0, f'`score_ConvNet`: a loss should be at least 0, found {loss}'
    assert 0 <= accuracy <= 1, f'`score_ConvNet`: accuracy, the second number, should be from 0 to 1, found {accuracy}'

@test_case(points=0, hidden=False)
def test_predict_convnet_is_probabilities(predict_ConvNet):
    import numpy as np
    assert predict_ConvNet is not ..., '`predict_ConvNet` is still `...`: replace it by the result of ConvNet.predict'
    shape = np.shape(predict_ConvNet)
    right = shape == (10000, 10)
    assert right, f'`predict_ConvNet` should have a row of ten for each of 10,000 images, found shape {shape}'
    sums = np.sum(predict_ConvNet, axis=1)
    assert np.allclose(sums, 1, atol=0.01), '`predict_ConvNet`: the ten probabilities of an image should add up to 1'

@test_case(points=0.25, hidden=True)
def test_score_of_convnet(ConvNet, score_ConvNet, reference):
    reference.score(ConvNet, score_ConvNet, name='score_ConvNet')

@test_case(points=0.25, hidden=True)
def test_predictions_of_convnet(ConvNet, predict_ConvNet, reference):
    reference.predictions(ConvNet, predict_ConvNet, name='predict_ConvNet')

@test_case(points=0.5, hidden=True)
def test_accuracy_of_convnet(ConvNet, score_ConvNet, reference):
    reference.accuracy(ConvNet, 'ConvNet')
