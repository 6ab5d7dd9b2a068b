from otter.test_files import test_case

OK_FORMAT = False

name = "mlp"
points = 1.5

@test_case(points=0, hidden=False)
def test_mlp_is_a_network(mlp):
    import keras
    assert mlp is not None, '`mlp` has no value: it is not defined, or it is None'
    assert mlp is not ..., '`mlp` is still `...`: build the network in its place'
    found = ' '.join([type(mlp).__name__, getattr(mlp, '__name__', '')]).strip()
    assert isinstance(mlp, keras.Model), f'`mlp` should be a Keras model, found {found}'
    shape = getattr(mlp, 'output_shape', None)
    right = shape is None or shape[-1] == 10
    assert right, f'`mlp` should put out one number for each of the ten digits, found {shape[-1]}'

@test_case(points=1, hidden=True)
def test_layers_of_mlp(mlp, expect):
    layers = [expect.Dense(128, 'relu'), expect.Dropout(0.2), expect.Dense(128, 'relu'), expect.Dropout(0.2), expect.Dense(10, 'softmax')]
    expect.layers(mlp, layers, name='mlp', input_size=784)

@test_case(points=0.5, hidden=True)
def test_number_of_parameters_of_mlp(mlp, expect):
    expect.parameters(mlp, 118282, name='mlp', input_size=784)
