"""Does silencing an element change a gene? Activity, competition and the resistance of the way."""
