from otter.test_files import test_case

OK_FORMAT = False

name = "examples"
points = 0.5

@test_case(points=0, hidden=False)
def test_ten_indices(example_index):
    import numpy as np
    assert example_index is not None, '`example_index` has no value: it is not defined, or it is None'
    assert example_index is not ..., '`example_index` is still `...`: put your answer in its place'
    try:
        values = example_index.values() if isinstance(example_index, dict) else example_index
        indices = np.asarray(list(values) if isinstance(values, type({}.values())) else values)
        indices = np.array(indices.tolist()) if indices.dtype == object else indices
    except (TypeError, ValueError):
        indices = np.array([])
    found = ' '.join(repr(example_index).split())[:80]
    assert indices.size == 10, f'`example_index` should be a list of ten indices, one for each digit, found {found}'
    whole = indices.dtype.kind in 'iuf' and (indices % 1 == 0).all()
    assert whole, f'`example_index` should hold whole numbers, positions in x_train, found {found}'

@test_case(points=0.5, hidden=True)
def test_an_image_of_each_digit(example_index, reference):
    import numpy as np
    import pandas as pd
    if isinstance(example_index, pd.DataFrame) and example_index.shape[1] == 1:
        example_index = example_index.iloc[:, 0]
    is_series = isinstance(example_index, pd.Series) and example_index.index.is_unique
    if is_series or isinstance(example_index, dict):
        by_key = {int(key) if str(key).isdecimal() else key: index for key, index in dict(example_index).items()}
        if not is_series or set(by_key) == set(range(10)):
            example_index = by_key
    if isinstance(example_index, dict):
        for digit in range(10):
            found = f'found the keys {list(example_index)!s:.80}'
            assert digit in example_index, f'`example_index` should have the key {digit} (the digit), {found}'
        example_index = [example_index[digit] for digit in range(10)]
    try:
        indices = np.asarray(list(example_index) if isinstance(example_index, type({}.values())) else example_index)
        indices = np.array(indices.tolist()).reshape(-1) if indices.dtype == object else indices.reshape(-1)
        found = f'{len(indices)}'
    except (TypeError, ValueError):
        indices, found = (np.array([]), 'lists of different lengths')
    assert len(indices) == 10, f'`example_index` should hold ten indices, one for each digit, found {found}'
    images = len(reference.y_train)
    for digit, index in enumerate(indices.tolist()):
        whole = isinstance(index, int) or (isinstance(index, float) and index.is_integer())
        assert whole, f'`example_index[{digit}]` should be a whole number, found {index!r:.80}'
        there = -images <= index < images
        assert there, f'`example_index[{digit}]`: x_train has {images} images, and none at index {index}'
        label = reference.y_train[int(index)]
        assert label == digit, f'`example_index[{digit}]` should be the index of a {digit}; image {int(index)} of x_train is a {label}'
