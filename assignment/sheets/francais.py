# ---
# jupyter:
#   title: Français. Written in French, right but for the parameters of one convolution and a filter that sees flat areas.
# ---

# %% sizes
# Taille des images et des deux jeux de données
N_x_pixels = x_train.shape[2]
N_y_pixels = x_train.shape[1]
N_train = x_train.shape[0]
N_test = x_test.shape[0]
N_classes = len(np.unique(y_train))

print(f"Apprentissage : {N_train} images de {N_x_pixels} × {N_y_pixels} pixels")
print(f"Test : {N_test} images, {N_classes} classes")

# %% balance
# Nombre d'images par chiffre
train_counts = np.array([(y_train == chiffre).sum() for chiffre in range(10)])
test_counts = np.array([(y_test == chiffre).sum() for chiffre in range(10)])
imbalance = train_counts.max() / train_counts.min()
print(f"Déséquilibre : {imbalance:.2f}")

fig, (gauche, droite) = plt.subplots(ncols=2, figsize=(11, 4))
gauche.bar(range(10), train_counts, color="steelblue")
gauche.set_title("Données d'apprentissage")
droite.bar(range(10), test_counts, color="indianred")
droite.set_title("Données de test")
plt.show()

# %% [markdown] balance_comment
# Les classes sont à peu près équilibrées : la plus grande (les « 1 ») ne compte que 1,24 fois plus d'images que la plus
# petite (les « 5 »), et le jeu de test a presque les mêmes proportions. Si 90 % des images étaient des « 1 », répondre
# toujours « 1 » donnerait déjà 90 % de bonnes réponses : la précision ne dirait plus rien des autres chiffres.

# %% examples
# Une image au hasard pour chaque chiffre
example_index = [int(rd.choice(np.where(y_train == chiffre)[0])) for chiffre in range(10)]

fig, cases = plt.subplots(2, 5, figsize=(8, 4))
for case, indice in zip(cases.flat, example_index):
    case.imshow(x_train[indice], cmap="gray_r")
    case.set_title(f"étiquette : {y_train[indice]}", fontsize=9)
    case.axis("off")
plt.show()

# %% mlp
# Perceptron à deux couches cachées
mlp = Sequential(name="perceptron")
mlp.add(Input(shape=(N_dim_flatten,)))
mlp.add(Dense(128, activation="relu", name="cachee_1"))
mlp.add(Dropout(0.2))
mlp.add(Dense(128, activation="relu", name="cachee_2"))
mlp.add(Dropout(0.2))
mlp.add(Dense(N_classes, activation="softmax", name="sortie"))
mlp.summary()

# %% mlp_params
# entrées × neurones + biais
mlp_params = [784 * 128 + 128, 128 * 128 + 128, 128 * 10 + 10]
print("Total :", sum(mlp_params))

# %% mlp_results
score_mlp = mlp.evaluate(x_test_flatten, y_test, verbose=0)
predict_mlp = mlp.predict(x_test_flatten, verbose=0)

print(f"Perte : {score_mlp[0]:.3f}")
print(f"Précision : {100 * score_mlp[1]:.1f} %")
print(f"Durée : {t_train_mlp:.0f} s")
show_confusion_matrix(y_test, predict_mlp, "Perceptron")

# %% [markdown] mlp_comment
# C'est bien mieux que le hasard (10 %). Les erreurs les plus fréquentes concernent des chiffres qui se ressemblent : 4 et
# 9, 3 et 5, 2 et 7. Comme la précision est presque la même sur les deux jeux, il n'y a guère de surapprentissage.

# %% mlp_norm
# Pixels ramenés entre 0 et 1
x_train_flatten_norm = (x_train_flatten / 255).astype("float32")
x_test_flatten_norm = (x_test_flatten / 255).astype("float32")

# Un nouveau réseau, sans rien de ce que le premier a appris
mlp_norm = Sequential(name="perceptron_normalise")
mlp_norm.add(Input(shape=(N_dim_flatten,)))
mlp_norm.add(Dense(128, activation="relu"))
mlp_norm.add(Dropout(0.2))
mlp_norm.add(Dense(128, activation="relu"))
mlp_norm.add(Dropout(0.2))
mlp_norm.add(Dense(N_classes, activation="softmax"))
mlp_norm.compile(loss="sparse_categorical_crossentropy", optimizer=RMSprop(), metrics=["accuracy"])

debut = time.time()
mlp_norm.fit(
    x_train_flatten_norm, y_train, batch_size=256, epochs=10, verbose=2, validation_data=(x_test_flatten_norm, y_test)
)
print(f"Durée : {time.time() - debut:.0f} s")

score_mlp_norm = mlp_norm.evaluate(x_test_flatten_norm, y_test, verbose=0)
print(f"Précision : {100 * score_mlp_norm[1]:.1f} % (sans normalisation : {100 * score_mlp[1]:.1f} %)")

# %% [markdown] norm_comment
# La précision augmente alors que l'information est la même. Les poids initiaux sont petits et prévus pour des entrées de
# l'ordre de 1 : avec des valeurs jusqu'à 255, la perte et les gradients sont énormes au début et l'optimiseur perd du
# temps à les réduire.

# %% kernel_shape
# hauteur, largeur, canaux d'entrée, nombre de filtres
kernel_shape = (3, 3, 1, 1)

# %% edges
# clair au-dessus, sombre en dessous
horizontal_filter = np.array([
    [1, 1, 1],
    [1, 1, 1],
    [-1, -1, -1],
])

# %% [markdown] conv_comment
# Le premier filtre détecte les bords verticaux, le deuxième rend l'image floue, le troisième la rend plus nette, les deux
# derniers réagissent aux traits fins, verticaux ou en diagonale. Les deux dimensions ajoutées sont les canaux de l'entrée
# et le nombre de filtres.

# %% conv_shapes
# sans bordure : (28 - 3) // pas + 1 ; avec bordure : 28 / pas
conv_shapes = {
    ("valid", 1): (28 - 3) // 1 + 1,
    ("valid", 2): (28 - 3) // 2 + 1,
    ("same", 1): 28,
    ("same", 2): 28 // 2,
}

# %% max_pooling
pool_layer = MaxPooling2D(pool_size=(2, 2), strides=2)
img_out = np.asarray(pool_layer(img_in))
print("Dimensions de la sortie :", img_out.shape)

fig, (avant, apres) = plt.subplots(ncols=2, figsize=(8, 4))
avant.imshow(img_in[0, :, :, 0], cmap="gray_r")
avant.set_title("avant")
apres.imshow(img_out[0, :, :, 0], cmap="gray_r")
apres.set_title("après")
plt.show()

# %% lenet
LeNet = build_lenet()
LeNet.summary()

# %% lenet_params
# (taille du filtre + biais) × nombre de filtres, puis (entrées + biais) × neurones
lenet_params = [(5 * 5 + 1) * 6, (5 * 5 + 1) * 16, (256 + 1) * 120, (120 + 1) * 84, (84 + 1) * 10]
lenet_largest = lenet_params.index(max(lenet_params))

# %% lenet_results
score_LeNet = LeNet.evaluate(x_test_conv, y_test, verbose=0)
predict_LeNet = LeNet.predict(x_test_conv, verbose=0)

# %% lenet_adam
LeNet_adam = build_lenet()
LeNet_adam.compile(loss="sparse_categorical_crossentropy", optimizer=Adam(), metrics=["accuracy"])
debut = time.time()
LeNet_adam.fit(x_train_conv, y_train, batch_size=128, epochs=3, verbose=2, validation_data=(x_test_conv, y_test))
print(f"Durée : {time.time() - debut:.0f} s")
score_LeNet_adam = LeNet_adam.evaluate(x_test_conv, y_test, verbose=0)
print(f"Précision avec Adam : {100 * score_LeNet_adam[1]:.1f} %, avec Adadelta : {100 * score_LeNet[1]:.1f} %")

# %% [markdown] lenet_comment
# Chaque filtre est appliqué à toutes les positions de l'image : il y a moins de paramètres que dans le perceptron, mais
# plus de calculs. La première couche dense en contient la plus grande partie (30 840). Adam apprend beaucoup plus vite
# qu'Adadelta, dont le pas par défaut est trop petit.

# %% convnet
def nouveau_reseau():
    """Le réseau du tableau, pas encore entraîné."""
    reseau = Sequential()
    reseau.add(Input(shape=(28, 28, 1)))
    reseau.add(Conv2D(32, (3, 3), activation="relu"))
    reseau.add(Conv2D(64, (3, 3), activation="relu"))
    reseau.add(MaxPooling2D((2, 2)))
    reseau.add(Dropout(0.25))
    reseau.add(Flatten())
    reseau.add(Dense(128, activation="relu"))
    reseau.add(Dropout(0.5))
    reseau.add(Dense(N_classes, activation="softmax"))
    return reseau


ConvNet = nouveau_reseau()
ConvNet.compile(loss="sparse_categorical_crossentropy", optimizer=Adadelta(), metrics=["accuracy"])
debut = time.time()
ConvNet.fit(x_train_conv, y_train, batch_size=128, epochs=5, verbose=2, validation_data=(x_test_conv, y_test))
t_train_ConvNet = time.time() - debut

# %% convnet_results
score_ConvNet = ConvNet.evaluate(x_test_conv, y_test, verbose=0)
predict_ConvNet = ConvNet.predict(x_test_conv, verbose=0)
print(f"Perte : {score_ConvNet[0]:.3f}, précision : {100 * score_ConvNet[1]:.1f} %, durée : {t_train_ConvNet:.0f} s")

# %% convnet_adam
ConvNet_adam = nouveau_reseau()
ConvNet_adam.compile(loss="sparse_categorical_crossentropy", optimizer=Adam(), metrics=["accuracy"])
ConvNet_adam.fit(x_train_conv, y_train, batch_size=128, epochs=5, verbose=2, validation_data=(x_test_conv, y_test))
score_ConvNet_adam = ConvNet_adam.evaluate(x_test_conv, y_test, verbose=0)
print(f"Précision avec Adam : {100 * score_ConvNet_adam[1]:.1f} %")

# %% [markdown] conclusion
# Le meilleur réseau est le grand ConvNet avec Adam, mais il est lent et compte 1,2 million de paramètres ; pour un petit
# appareil je prendrais LeNet avec Adam. Le choix de l'optimiseur a compté le plus, puis la normalisation. Ensuite
# j'essaierais de normaliser aussi les images des réseaux convolutifs et d'entraîner plus longtemps.
