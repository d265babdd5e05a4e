"""read_page.py FILE: what the charts of a page show, and its tables' headings.

Fails if a chart's configuration is no JSON, or if the page asks for another file.
"""

import json
import re
import sys

text = open(sys.argv[1], encoding="utf-8").read()
library = re.search(r"<script>(/\*!.*?)</script>", text, re.DOTALL)
print("library", "Chart.js" in library[1][:100])
text = text.replace(library[1], "")
assert not re.search(r"\b(src|href)=|https?:|@import|url\(", text)
for number, chart in re.findall(r'getElementById\("chart(\d+)"\), (.*)\);', text):
    chart = json.loads(chart)
    assert f'id="chart{number}"' in text
    data = chart["data"]
    print(chart["type"], *data.get("labels", []), "|", *(d["label"] for d in data["datasets"]))
for heading in re.findall("<h2>(.*)</h2>", text):
    print(heading)
