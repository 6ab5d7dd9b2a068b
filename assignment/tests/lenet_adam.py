from otter.test_files import test_case

OK_FORMAT = False

name = "lenet_adam"
points = 1

@test_case(points=0, hidden=False)
def test_lenet_adam_is_a_network(LeNet_adam):
    import keras
    assert LeNet_adam is not ..., '`LeNet_adam` is still `...`: build and train a new network in its place'
    found = type(LeNet_adam).__name__
    assert isinstance(LeNet_adam, keras.Model), f'`LeNet_adam` should be a Keras model, found {found}'

@test_case(points=0, hidden=False)
def test_score_lenet_adam_is_loss_and_accuracy(score_LeNet_adam):
    import numpy as np
    answer = score_LeNet_adam
    assert answer is not ..., '`score_LeNet_adam` is still `...`: replace it by the result of LeNet_adam.evaluate'
    score = np.asarray(list(answer.values()) if isinstance(answer, dict) else answer)
    two_numbers = score.size == 2 and score.dtype.kind in 'iuf'
    assert two_numbers, f'`score_LeNet_adam` should hold two numbers, the loss and the accuracy, found {answer!r:.80}'
    loss, accuracy = score.reshape(-1).tolist()
    assert loss >= 0, f'`score_LeNet_adam`: a loss should be at least 0, found {loss}'
    possible = 0 <= accuracy <= 1
    assert possible, f'`score_LeNet_adam`: accuracy, the second number, should be from 0 to 1, found {accuracy}'

@test_case(points=0.25, hidden=True)
def test_new_lenet_with_adam(LeNet_adam, LeNet, expect):
    layers = [expect.Conv2D(6, 5, 'tanh'), expect.MaxPooling2D(2), expect.Conv2D(16, 5, 'tanh'), expect.MaxPooling2D(2), expect.Flatten(), expect.Dense(120, 'tanh'), expect.Dense(84, 'tanh'), expect.Dense(10, 'softmax')]
    expect.layers(LeNet_adam, layers, name='LeNet_adam')
    expect.optimizer(LeNet_adam, 'Adam', name='LeNet_adam')
    expect.new_model(LeNet_adam, LeNet, name='LeNet_adam', other='LeNet')

@test_case(points=0.25, hidden=True)
def test_score_of_lenet_adam(LeNet_adam, score_LeNet_adam, reference):
    reference.score(LeNet_adam, score_LeNet_adam, name='score_LeNet_adam')

@test_case(points=0.5, hidden=True)
def test_accuracy_of_lenet_adam(LeNet_adam, reference):
    reference.accuracy(LeNet_adam, 'LeNet_adam')
