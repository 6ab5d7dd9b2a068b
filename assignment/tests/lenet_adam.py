from otter.test_files import test_case

OK_FORMAT = False

name = "lenet_adam"
points = 1

@test_case(points=0, hidden=False)
def test_lenet_adam_is_a_network(LeNet_adam):
    import keras
    assert LeNet_adam is not None, '`LeNet_adam` has no value: it is not defined, or it is None'
    assert LeNet_adam is not ..., '`LeNet_adam` is still `...`: build and train a new network in its place'
    found = ' '.join([type(LeNet_adam).__name__, getattr(LeNet_adam, '__name__', '')]).strip()
    assert isinstance(LeNet_adam, keras.Model), f'`LeNet_adam` should be a Keras model, found {found}'

@test_case(points=0, hidden=False)
def test_score_lenet_adam_is_loss_and_accuracy(score_LeNet_adam):
    import numpy as np
    answer = score_LeNet_adam
    assert answer is not None, '`score_LeNet_adam` has no value: it is not defined, or it is None'
    assert answer is not ..., '`score_LeNet_adam` is still `...`: replace it by the result of LeNet_adam.evaluate'
    try:
        score = np.asarray(list(answer.values()) if isinstance(answer, dict) else answer).reshape(-1)
    except (TypeError, ValueError):
        score = np.array([])
    numbers = 1 <= score.size <= 10 and score.dtype.kind in 'iuf' and np.isfinite(score).all()
    found = ' '.join(repr(answer).split())[:80]
    assert numbers, f'`score_LeNet_adam` should hold what evaluate returns, the loss and the accuracy (numbers), found {found}'
    assert score[0] >= 0, f'`score_LeNet_adam`: a loss should be at least 0, found {score[0]:g}'

@test_case(points=0, hidden=True)
def test_lenet_adam_is_new(LeNet_adam, LeNet, reference):
    reference.new_model(LeNet_adam, LeNet, name='LeNet_adam', other='LeNet')

@test_case(points=0.25, hidden=True)
def test_layers_of_lenet_adam(LeNet_adam, LeNet, expect):
    layers = [expect.Conv2D(6, 5, 'tanh'), expect.MaxPooling2D(2), expect.Conv2D(16, 5, 'tanh'), expect.MaxPooling2D(2), expect.Flatten(), expect.Dense(120, 'tanh'), expect.Dense(84, 'tanh'), expect.Dense(10, 'softmax')]
    expect.layers(LeNet_adam, layers, name='LeNet_adam', input_size=784, same_as=LeNet)

@test_case(points=0.25, hidden=True)
def test_optimizer_of_lenet_adam(LeNet_adam, reference):
    reference.optimizer(LeNet_adam, 'Adam', name='LeNet_adam', defaults=True)
    reference.loss(LeNet_adam, 'sparse_categorical_crossentropy', name='LeNet_adam')

@test_case(points=0.25, hidden=True)
def test_score_of_lenet_adam(LeNet_adam, score_LeNet_adam, reference):
    reference.trained(LeNet_adam, name='LeNet_adam')
    reference.score(LeNet_adam, score_LeNet_adam, name='score_LeNet_adam')

@test_case(points=0.25, hidden=True)
def test_accuracy_of_lenet_adam(LeNet_adam, reference):
    reference.optimizer(LeNet_adam, 'Adam', name='LeNet_adam')
    reference.trained(LeNet_adam, name='LeNet_adam', epochs=3, batch_size=128)
    reference.accuracy(LeNet_adam, 'LeNet_adam')
