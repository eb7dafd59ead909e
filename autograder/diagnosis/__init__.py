"""Known mistakes, their names, and the proof that every hidden check catches them."""
