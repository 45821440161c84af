(function () {
  "use strict";
  var place = document.getElementById("chart");
  var data = document.getElementById("chart-spec");
  if (!place || !data || !window.vegaEmbed) { return; }
  place.textContent = "";
  window.vegaEmbed(place, JSON.parse(data.textContent), {
    mode: "vega-lite",
    renderer: "svg",
    ast: true,
    actions: false,
    defaultStyle: false,
    tooltip: { disableDefaultStyle: true }
  }).then(function () {
    place.setAttribute("data-drawn", "yes");
  });
}());
