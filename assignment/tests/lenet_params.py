from otter.test_files import test_case

OK_FORMAT = False

name = "lenet_params"
points = 1

@test_case(points=0, hidden=False)
def test_five_numbers_and_a_position(lenet_params, lenet_largest):
    import numpy as np
    assert lenet_params is not None, '`lenet_params` has no value: it is not defined, or it is None'
    assert lenet_params is not ..., '`lenet_params` is still `...`: put your answer in its place'
    try:
        values = lenet_params.values() if isinstance(lenet_params, dict) else lenet_params
        counts = np.asarray(list(values) if isinstance(values, type({}.values())) else values)
        counts = np.array(counts.tolist()) if counts.dtype == object else counts
    except (TypeError, ValueError):
        counts = np.array([])
    found = ' '.join(repr(lenet_params).split())[:80]
    five = counts.size == 5
    assert five, f'`lenet_params` should be a list of five numbers, one for each layer with parameters, found {found}'
    whole = counts.dtype.kind in 'iuf' and (counts % 1 == 0).all() and (counts > 0).all()
    assert whole, f'`lenet_params` should hold whole numbers above 0, found {found}'
    assert lenet_largest is not None, '`lenet_largest` has no value: it is not defined, or it is None'
    assert lenet_largest is not ..., '`lenet_largest` is still `...`: put your answer in its place'
    try:
        position = np.asarray(lenet_largest)
    except (TypeError, ValueError):
        position = np.array([])
    found = ' '.join(repr(lenet_largest).split())[:80]
    whole = position.size == 1 and position.dtype.kind in 'iuf' and float(position.item()).is_integer()
    assert whole, f'`lenet_largest` should be a whole number, found {found}'
    there = 0 <= position.item() <= 4
    assert there, f'`lenet_largest` should be a position in a list of five, from 0 to 4, found {position.item():g}'

@test_case(points=0.75, hidden=True)
def test_parameters_of_each_layer(lenet_params, expect):
    expect.wholes(lenet_params, [156, 2416, 30840, 10164, 850], 'lenet_params', each='layer with parameters')

@test_case(points=0.25, hidden=True)
def test_position_of_the_largest(lenet_largest, expect):
    expect.whole(lenet_largest, 2, 'lenet_largest')
