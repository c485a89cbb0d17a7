// The charts of the reports. Without this script the tables beside them say the same.
(() => {
  "use strict";
  if (!window.Chart) return;
  const charts = [];
  const still = window.matchMedia("(prefers-reduced-motion: reduce)");

  const colours = () => {
    const style = getComputedStyle(document.documentElement);
    const of = (name) => style.getPropertyValue(name).trim();
    return { ink: of("--ink"), line: of("--line"), series: [1, 2, 3, 4].map((number) => of(`--series-${number}`)) };
  };

  const paint = (config) => {
    const { ink, line, series } = colours();
    config.data.datasets.forEach((set, number) => { set.backgroundColor = series[number % series.length]; });
    config.options.color = ink;
    Object.values(config.options.scales).forEach((scale) => {
      scale.ticks.color = ink;
      scale.grid.color = line;
    });
  };

  document.querySelectorAll("canvas[data-chart]").forEach((canvas) => {
    const drawn = JSON.parse(canvas.dataset.chart);
    canvas.parentElement.hidden = false;
    const values = { stacked: true, beginAtZero: true, ticks: {}, grid: {} };
    const labels = { stacked: true, ticks: { autoSkip: !drawn.lying, maxRotation: 60 }, grid: { display: false } };
    const config = {
      type: "bar",
      data: { labels: drawn.labels, datasets: drawn.series.map(({ name, values: data }) => ({ label: name, data })) },
      options: {
        animation: still.matches ? false : { duration: 200 },
        indexAxis: drawn.lying ? "y" : "x",
        maintainAspectRatio: false,
        plugins: { legend: { display: drawn.series.length > 1, position: "bottom" } },
        scales: drawn.lying ? { x: values, y: labels } : { x: labels, y: values },
      },
    };
    paint(config);
    charts.push(new Chart(canvas, config));
  });
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => charts.forEach((chart) => {
    paint(chart);
    chart.update("none");
  }));
})();
