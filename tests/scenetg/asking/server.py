"""A chat-completions server process that fails as it is told: `python server.py PLAN LOG`, port on stdout.

PLAN is a JSON list of behaviours, one a request, the last one repeated; LOG gets a JSON line a request.
"""

import json
import os
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

USAGE = {"prompt_tokens": 100, "completion_tokens": 10}


class Handler(BaseHTTPRequestHandler):
    plan: list[str]
    log: Path
    lock = threading.Lock()
    served = 0
    in_flight = 0

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        with self.lock:
            behaviour = self.plan[min(Handler.served, len(self.plan) - 1)]
            Handler.served += 1
            Handler.in_flight += 1
            self.note(body, behaviour)
        try:
            self.behave(body, *behaviour.split(":"))
        finally:
            with self.lock:
                Handler.in_flight -= 1

    def note(self, body, behaviour):
        line = {
            "words": words_of(body),
            "seed": body["seed"],
            "behaviour": behaviour,
            "in_flight": Handler.in_flight,
        }
        with self.log.open("a") as log:
            log.write(json.dumps(line) + "\n")

    def behave(self, body, kind, detail=""):
        if kind == "die":
            os._exit(1)
        if kind == "delay":
            time.sleep(float(detail))
        if kind == "status":
            return self.answer(int(detail), b'{"error": "no"}')
        if kind == "busy":
            return self.answer(429, b"", retry_after=detail)
        if kind == "nonsense":
            return self.answer(200, b"<html>")
        reply = (
            "I would rather not." if kind == "garbage" else json.dumps({"words": words_of(body)})
        )
        choice = {"message": {"content": reply}, "finish_reason": "stop"}
        usage = {} if kind == "uncounted" else {"usage": USAGE}
        return self.answer(200, json.dumps({"choices": [choice], **usage}).encode())

    def answer(self, status, data, retry_after=None):
        self.send_response(status)
        self.send_header("content-length", str(len(data)))
        if retry_after is not None:
            self.send_header("retry-after", retry_after)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


def words_of(body):
    parts = body["messages"][-1]["content"]
    return "".join(part["text"] for part in parts if part["type"] == "text")


if __name__ == "__main__":
    Handler.plan = json.loads(sys.argv[1])
    Handler.log = Path(sys.argv[2])
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    sys.stdout.write(f"{server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever()
