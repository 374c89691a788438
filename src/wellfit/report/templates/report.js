
(function () {
  "use strict";
  document.querySelectorAll("figure.plot svg").forEach(function (svg) {
    var lines = Array.prototype.map.call(svg.querySelectorAll("[data-readings]"), function (node) {
      return { name: node.getAttribute("data-name"), readings: JSON.parse(node.getAttribute("data-readings")) };
    });
    var cross = svg.querySelector(".cross");
    var readout = svg.parentNode.parentNode.querySelector(".readout");
    var resting = readout.textContent;
    function nearest(readings, x) {
      return readings.reduce(function (best, r) {
        return Math.abs(r[0] - x) < Math.abs(best[0] - x) ? r : best;
      });
    }
    function show(event) {
      var box = svg.getBoundingClientRect();
      var x = (event.clientX - box.left) * svg.viewBox.baseVal.width / box.width;
      var hits = lines.map(function (line) { return [line.name, nearest(line.readings, x)]; });
      var at = hits[0][1];
      cross.setAttribute("x1", at[0]);
      cross.setAttribute("x2", at[0]);
      cross.style.visibility = "visible";
      readout.textContent = "step " + at[1].toLocaleString("en") + "   " + hits.map(function (hit) {
        return (lines.length > 1 ? hit[0] + " " : "") + hit[1][2];
      }).join("   ");
    }
    function hide() {
      cross.style.visibility = "hidden";
      readout.textContent = resting;
    }
    svg.addEventListener("pointermove", show);
    svg.addEventListener("pointerleave", hide);
  });
})();
