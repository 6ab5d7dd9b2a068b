from otter.test_files import test_case

OK_FORMAT = False

name = "examples"
points = 0.5

@test_case(points=0, hidden=False)
def test_ten_indices(example_index):
    import numpy as np
    assert example_index is not ..., '`example_index` is still `...`: put your answer in its place'
    indices = np.asarray(list(example_index.values()) if isinstance(example_index, dict) else example_index)
    assert indices.size == 10, f'`example_index` should hold ten indices, one for each digit, found {example_index!r:.80}'
    whole = indices.dtype.kind in 'iuf' and (indices % 1 == 0).all()
    assert whole, f'`example_index` should hold whole numbers, positions in x_train, found {example_index!r:.80}'

@test_case(points=0.5, hidden=True)
def test_an_image_of_each_digit(example_index, reference):
    import numpy as np
    if isinstance(example_index, dict):
        example_index = [example_index.get(digit, np.nan) for digit in range(10)]
    indices = np.asarray(example_index).reshape(-1).tolist()
    assert len(indices) == 10, f'`example_index` should hold ten indices, one for each digit, found {len(indices)}'
    images = len(reference.y_train)
    for digit, index in enumerate(indices):
        whole = isinstance(index, (int, float)) and float(index).is_integer()
        assert whole, f'`example_index[{digit}]` should be a whole number, found {index!r:.80}'
        there = -images <= index < images
        assert there, f'`example_index[{digit}]`: x_train has {images} images, and none at index {index}'
        label = reference.y_train[int(index)]
        assert label == digit, f'`example_index[{digit}]` should be the index of a {digit}; image {int(index)} of x_train is a {label}'
