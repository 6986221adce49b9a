"""Turn api/openapi.yaml into the JSON that the server shows: openapi_json.py OUTPUT.json YAML."""
import json
import sys

import yaml

with open(sys.argv[2], encoding="utf-8") as file:
    document = yaml.safe_load(file)
with open(sys.argv[1], "w", encoding="utf-8") as file:
    json.dump(document, file, ensure_ascii=False, separators=(",", ":"))
