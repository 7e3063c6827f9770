"""What `python -m spam_rnn` and the command `spam-rnn` start."""

import sys


def main() -> None:
    "Run the command line; Ctrl-C while it is being loaded is no error, either."
    try:
        from spam_rnn.cli import main as run
    except KeyboardInterrupt:
        print("spam-rnn: stopped before anything was begun", file=sys.stderr)
        raise SystemExit(130) from None
    run()


if __name__ == "__main__":
    main()
