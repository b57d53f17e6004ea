#: bench timeout=500
# Single-threaded, what it searches is defined, down to each evaluation.
/usr/games/stockfish bench 16 1 9 default depth 2>&1 | sed -nE 's/ (nps|time) [0-9]+//g; s/ hashfull [0-9]+//; /^(Nodes searched|bestmove|info depth)/p'
printf 'eval\nquit\n' | /usr/games/stockfish 2>&1 | grep -i 'final\|nnue evaluation'
