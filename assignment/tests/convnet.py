from otter.test_files import test_case

OK_FORMAT = False

name = "convnet"
points = 1.5

@test_case(points=0, hidden=False)
def test_convnet_is_a_network(ConvNet):
    import keras
    assert ConvNet is not None, '`ConvNet` has no value: it is not defined, or it is None'
    assert ConvNet is not ..., '`ConvNet` is still `...`: build and train the network in its place'
    found = ' '.join([type(ConvNet).__name__, getattr(ConvNet, '__name__', '')]).strip()
    assert isinstance(ConvNet, keras.Model), f'`ConvNet` should be a Keras model, found {found}'
    shape = getattr(ConvNet, 'output_shape', None)
    right = shape is None or shape[-1] == 10
    assert right, f'`ConvNet` should put out one number for each of the ten digits, found {shape[-1]}'

@test_case(points=1, hidden=True)
def test_layers_of_convnet(ConvNet, expect):
    layers = [expect.Conv2D(32, 3, 'relu'), expect.Conv2D(64, 3, 'relu'), expect.MaxPooling2D(2), expect.Dropout(0.25), expect.Flatten(), expect.Dense(128, 'relu'), expect.Dropout(0.5), expect.Dense(10, 'softmax')]
    expect.layers(ConvNet, layers, name='ConvNet', input_size=784)

@test_case(points=0.5, hidden=True)
def test_number_of_parameters_of_convnet(ConvNet, expect):
    expect.parameters(ConvNet, 1199882, name='ConvNet', input_size=784)
