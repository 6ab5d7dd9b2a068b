from otter.test_files import test_case

OK_FORMAT = False

name = "lenet"
points = 0.5

@test_case(points=0, hidden=False)
def test_lenet_is_a_network(LeNet):
    import keras
    assert LeNet is not None, '`LeNet` has no value: it is not defined, or it is None'
    assert LeNet is not ..., '`LeNet` is still `...`: build the network in its place'
    found = ' '.join([type(LeNet).__name__, getattr(LeNet, '__name__', '')]).strip()
    assert isinstance(LeNet, keras.Model), f'`LeNet` should be a Keras model (did you call build_lenet?), found {found}'

@test_case(points=0.5, hidden=True)
def test_layers_of_lenet(LeNet, expect):
    layers = [expect.Conv2D(6, 5, 'tanh'), expect.MaxPooling2D(2), expect.Conv2D(16, 5, 'tanh'), expect.MaxPooling2D(2), expect.Flatten(), expect.Dense(120, 'tanh'), expect.Dense(84, 'tanh'), expect.Dense(10, 'softmax')]
    expect.layers(LeNet, layers, name='LeNet', input_size=784)
    expect.parameters(LeNet, 44426, name='LeNet', input_size=784)
