from otter.test_files import test_case

OK_FORMAT = False

name = "mlp_norm"
points = 1.5

@test_case(points=0, hidden=False)
def test_shapes_of_the_normalized_images(x_train_flatten_norm, x_test_flatten_norm):
    import numpy as np
    for name, images, count in [('x_train_flatten_norm', x_train_flatten_norm, 60000), ('x_test_flatten_norm', x_test_flatten_norm, 10000)]:
        assert images is not None, f'`{name}` has no value: it is not defined, or it is None'
        assert images is not ..., f'`{name}` is still `...`: put your answer in its place'
        try:
            shape = np.shape(images)
        except ValueError:
            shape = (len(images), 'rows of different lengths')
        assert shape == (count, 784), f'`{name}` should hold the flattened images, found an array of shape {shape}'

@test_case(points=0, hidden=False)
def test_mlp_norm_is_a_network(mlp_norm):
    import keras
    assert mlp_norm is not None, '`mlp_norm` has no value: it is not defined, or it is None'
    assert mlp_norm is not ..., '`mlp_norm` is still `...`: build and train a new network in its place'
    found = ' '.join([type(mlp_norm).__name__, getattr(mlp_norm, '__name__', '')]).strip()
    assert isinstance(mlp_norm, keras.Model), f'`mlp_norm` should be a Keras model, found {found}'

@test_case(points=0, hidden=False)
def test_score_mlp_norm_is_loss_and_accuracy(score_mlp_norm):
    import numpy as np
    answer = score_mlp_norm
    assert answer is not None, '`score_mlp_norm` has no value: it is not defined, or it is None'
    assert answer is not ..., '`score_mlp_norm` is still `...`: replace it by the result of mlp_norm.evaluate'
    try:
        score = np.asarray(list(answer.values()) if isinstance(answer, dict) else answer).reshape(-1)
    except (TypeError, ValueError):
        score = np.array([])
    numbers = 1 <= score.size <= 10 and score.dtype.kind in 'iuf' and np.isfinite(score).all()
    found = ' '.join(repr(answer).split())[:80]
    assert numbers, f'`score_mlp_norm` should hold what evaluate returns, the loss and the accuracy (numbers), found {found}'
    assert score[0] >= 0, f'`score_mlp_norm`: a loss should be at least 0, found {score[0]:g}'

@test_case(points=0.5, hidden=True)
def test_pixels_lie_between_0_and_1(x_train_flatten_norm, x_test_flatten_norm, expect, reference):
    import numpy as np
    for name, answer, images in [('x_train_flatten_norm', x_train_flatten_norm, reference.x_train), ('x_test_flatten_norm', x_test_flatten_norm, reference.x_test)]:
        try:
            pixels = np.asarray(answer)
        except (TypeError, ValueError):
            raise AssertionError(f'`{name}`: expected an array of numbers, found {expect.shown(answer)}') from None
        shape = (len(images), 784)
        assert pixels.shape == shape, f'`{name}`: expected shape {shape}, found {pixels.shape}'
        assert pixels.dtype.kind in 'fiu', f'`{name}`: expected an array of numbers, found one of {pixels.dtype}'
        lengths = np.linalg.norm(pixels[:100].astype(float), axis=1)
        unit = np.allclose(lengths, 1, atol=0.01)
        assert not unit, f'`{name}`: each row has length 1 (was it scaled to unit norm?); divide by 255 instead'
        low, high = (float(pixels.min()), float(pixels.max()))
        in_range = 0 <= low and high <= 1.001
        assert in_range, f'`{name}`: expected values between 0 and 1, found {low:.4g} to {high:.4g}'
        why = 'twice' if high < 0.9 else 'by 256'
        assert high > 0.999, f'`{name}`: expected 1 for the darkest ink, found at most {high:.4g} (was it divided {why}?)'
        ink = images[:1000].reshape(-1, 784) > 0
        assert ((pixels[:1000] > 0) == ink).all(), f'`{name}`: expected the images in the order of the dataset, with values above 0 exactly where there is ink; found others (does a whole-number division round the greys away?)'
        shades = len(np.unique(pixels[:1000]))
        assert shades > 2, f'`{name}`: expected greys between 0 and 1, found only {shades} values (were they rounded?)'

@test_case(points=0, hidden=True)
def test_mlp_norm_is_new(mlp_norm, mlp, reference):
    reference.new_model(mlp_norm, mlp, name='mlp_norm', other='mlp')

@test_case(points=0.25, hidden=True)
def test_layers_of_mlp_norm(mlp_norm, mlp, expect):
    layers = [expect.Dense(128, 'relu'), expect.Dropout(0.2), expect.Dense(128, 'relu'), expect.Dropout(0.2), expect.Dense(10, 'softmax')]
    expect.layers(mlp_norm, layers, name='mlp_norm', input_size=784, same_as=mlp)

@test_case(points=0.25, hidden=True)
def test_score_of_mlp_norm(mlp_norm, score_mlp_norm, reference):
    reference.trained(mlp_norm, name='mlp_norm')
    reference.score(mlp_norm, score_mlp_norm, name='score_mlp_norm', divisor=255)

@test_case(points=0.25, hidden=True)
def test_training_of_mlp_norm(mlp_norm, reference):
    reference.trained(mlp_norm, name='mlp_norm', epochs=10, batch_size=256)
    reference.optimizer(mlp_norm, 'RMSprop', name='mlp_norm', defaults=True)
    reference.loss(mlp_norm, 'sparse_categorical_crossentropy', name='mlp_norm')

@test_case(points=0.25, hidden=True)
def test_accuracy_of_mlp_norm(mlp_norm, x_train_flatten_norm, reference):
    reference.trained(mlp_norm, name='mlp_norm', images=x_train_flatten_norm)
    reference.accuracy(mlp_norm, 'mlp_norm')
