from otter.test_files import test_case

OK_FORMAT = False

name = "convnet_adam"
points = 1

@test_case(points=0, hidden=False)
def test_convnet_adam_is_a_network(ConvNet_adam):
    import keras
    assert ConvNet_adam is not None, '`ConvNet_adam` has no value: it is not defined, or it is None'
    assert ConvNet_adam is not ..., '`ConvNet_adam` is still `...`: build and train a new network in its place'
    found = ' '.join([type(ConvNet_adam).__name__, getattr(ConvNet_adam, '__name__', '')]).strip()
    assert isinstance(ConvNet_adam, keras.Model), f'`ConvNet_adam` should be a Keras model, found {found}'

@test_case(points=0, hidden=False)
def test_score_convnet_adam_is_loss_and_accuracy(score_ConvNet_adam):
    import numpy as np
    answer = score_ConvNet_adam
    assert answer is not None, '`score_ConvNet_adam` has no value: it is not defined, or it is None'
    assert answer is not ..., '`score_ConvNet_adam` is still `...`: replace it by the result of ConvNet_adam.evaluate'
    try:
        score = np.asarray(list(answer.values()) if isinstance(answer, dict) else answer).reshape(-1)
    except (TypeError, ValueError):
        score = np.array([])
    numbers = 1 <= score.size <= 10 and score.dtype.kind in 'iuf' and np.isfinite(score).all()
    found = ' '.join(repr(answer).split())[:80]
    assert numbers, f'`score_ConvNet_adam` should hold what evaluate returns, the loss and the accuracy (numbers), found {found}'
    assert score[0] >= 0, f'`score_ConvNet_adam`: a loss should be at least 0, found {score[0]:g}'

@test_case(points=0, hidden=True)
def test_convnet_adam_is_new(ConvNet_adam, ConvNet, reference):
    reference.new_model(ConvNet_adam, ConvNet, name='ConvNet_adam', other='ConvNet')

@test_case(points=0.25, hidden=True)
def test_layers_of_convnet_adam(ConvNet_adam, ConvNet, expect):
    layers = [expect.Conv2D(32, 3, 'relu'), expect.Conv2D(64, 3, 'relu'), expect.MaxPooling2D(2), expect.Dropout(0.25), expect.Flatten(), expect.Dense(128, 'relu'), expect.Dropout(0.5), expect.Dense(10, 'softmax')]
    expect.layers(ConvNet_adam, layers, name='ConvNet_adam', input_size=784, same_as=ConvNet)

@test_case(points=0.25, hidden=True)
def test_optimizer_of_convnet_adam(ConvNet_adam, reference):
    reference.optimizer(ConvNet_adam, 'Adam', name='ConvNet_adam', defaults=True)
    reference.loss(ConvNet_adam, 'sparse_categorical_crossentropy', name='ConvNet_adam')

@test_case(points=0.25, hidden=True)
def test_score_of_convnet_adam(ConvNet_adam, score_ConvNet_adam, reference):
    reference.trained(ConvNet_adam, name='ConvNet_adam')
    reference.score(ConvNet_adam, score_ConvNet_adam, name='score_ConvNet_adam')

@test_case(points=0.25, hidden=True)
def test_accuracy_of_convnet_adam(ConvNet_adam, reference):
    reference.optimizer(ConvNet_adam, 'Adam', name='ConvNet_adam')
    reference.trained(ConvNet_adam, name='ConvNet_adam', epochs=5, batch_size=128)
    reference.accuracy(ConvNet_adam, 'ConvNet_adam')
