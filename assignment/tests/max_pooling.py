from otter.test_files import test_case

OK_FORMAT = False

name = "max_pooling"
points = 1

@test_case(points=0, hidden=False)
def test_a_layer_and_an_image(pool_layer, img_out):
    import keras
    import numpy as np
    assert pool_layer is not None, '`pool_layer` has no value: it is not defined, or it is None'
    assert pool_layer is not ..., '`pool_layer` is still `...`: put your layer in its place'
    found = type(pool_layer).__name__
    if isinstance(pool_layer, type):
        found = f'the class {pool_layer.__name__}, a type of layer; call it to get a layer'
    assert isinstance(pool_layer, keras.layers.Layer), f'`pool_layer` should be a Keras layer, found {found}'
    assert img_out is not None, '`img_out` has no value: it is not defined, or it is None'
    assert img_out is not ..., '`img_out` is still `...`: put the image that comes out of pool_layer in its place'
    shape = np.shape(img_out) if hasattr(img_out, 'shape') else np.array(img_out, dtype=object).shape
    sides = [length for length in shape if length != 1]
    assert len(sides) == 2, f'`img_out` should be one image, found shape {shape}'

@test_case(points=0.5, hidden=True)
def test_pooling_layer_of_two_by_two(pool_layer):
    import keras
    assert not isinstance(pool_layer, type), f'`pool_layer`: expected a MaxPooling2D layer, found the class {pool_layer.__name__}, a type of layer; call it to get a layer'
    layers = [layer for layer in getattr(pool_layer, 'layers', [pool_layer]) if type(layer).__name__ != 'InputLayer']
    found = ', '.join((type(layer).__name__ for layer in layers)) or type(pool_layer).__name__
    right = len(layers) == 1 and type(layers[0]) is keras.layers.MaxPooling2D
    assert right, f'`pool_layer`: expected a MaxPooling2D layer, found {found}'
    window, step = (tuple(layers[0].pool_size), tuple(layers[0].strides))
    assert window == (2, 2), f'`pool_layer`: expected a window (pool_size) of (2, 2), found {window}'
    assert step == (2, 2), f'`pool_layer`: expected strides of (2, 2), found {step}'
    channels = layers[0].data_format
    assert channels == 'channels_last', f'`pool_layer`: expected a window over height and width, found data_format={channels!r}, which takes the first of the three axes of an image for its channels'

@test_case(points=0.5, hidden=True)
def test_img_out_holds_the_maxima(img_out, img_in, expect, reference):
    import numpy as np
    pooled = expect.array(img_out, shape=(1, 14, 14, 1), name='img_out', squeeze=True)[0, :, :, 0]
    nine, tolerance = (reference.x_train[np.argmax(reference.y_train == 9)].astype(float), 0.5)
    try:
        given = np.asarray(img_in, dtype=float).reshape(28, 28)
    except (TypeError, ValueError):
        given = nine
    factor = np.ptp(nine) / np.ptp(given) if np.ptp(given) > 0 else 1
    if np.allclose((given - given.min()) * factor, nine, atol=0.5):
        nine, tolerance = (given, 0.5 / factor)
    windows = nine.reshape(14, 2, 14, 2)
    means = np.allclose(pooled, windows.mean(axis=(1, 3)), atol=tolerance)
    assert not means, '`img_out` holds the means of the 2 x 2 windows of img_in; max pooling keeps their maxima'
    maxima = windows.max(axis=(1, 3))
    wrong = np.argwhere(~(np.abs(pooled - maxima) < tolerance))
    for row, column in wrong[:1]:
        raise AssertionError(f'`img_out[0, {row}, {column}, 0]`: expected {maxima[row, column]:g}, the largest of four pixels of img_in (the first nine of x_train), found {pooled[row, column]:g}; {len(wrong)} of 196 pixels differ')
