//! The ratios as a picture: a row for each query and user, a point for each variant.

use std::path::Path;

use plotters::prelude::*;

use crate::failure::{Failure, Result};
use crate::record::{Cell, Findings, summary};
use crate::runner::Mode;
use crate::variant::Variant;

fn color(variant: Variant) -> RGBColor {
    match variant {
        Variant::Hand => RGBColor(110, 110, 110),
        Variant::Naive => RGBColor(214, 39, 40),
        Variant::Usual => RGBColor(255, 127, 14),
        Variant::Roles => RGBColor(148, 103, 189),
        Variant::Extension => RGBColor(31, 119, 180),
        Variant::Vetted => RGBColor(23, 190, 207),
        Variant::Portable => RGBColor(44, 160, 44),
        Variant::Planned => RGBColor(152, 203, 98),
    }
}

fn failed(error: impl std::fmt::Display) -> Failure {
    Failure(format!("drawing: {error}"))
}

/// Ratios of one mode at one scale.
pub fn ratios(findings: &Findings, variants: &[Variant], mode: Mode, path: &Path) -> Result<()> {
    let cells: Vec<&Cell> = findings.cells.iter().filter(|cell| cell.mode == mode).collect();
    if cells.is_empty() {
        return Ok(());
    }
    let all = || cells.iter().flat_map(|cell| variants.iter().filter_map(|variant| cell.ratio(*variant)));
    let least = all().fold(0.5_f64, |least, (ratio, _)| least.min(ratio)) / 1.5;
    let most = all().fold(2.0_f64, |most, (ratio, _)| most.max(ratio)) * 1.5;
    let height = 110 + 16 * cells.len() as u32;
    let root = SVGBackend::new(path, (1100, height)).into_drawing_area();
    root.fill(&WHITE).map_err(failed)?;
    let title = format!(
        "Time relative to the best hand-written query, {} statements, scale {} (x: cancelled)",
        mode.name().replace('_', " "),
        findings.scale.name()
    );
    let mut chart = ChartBuilder::on(&root)
        .caption(title, ("sans-serif", 17))
        .margin(10)
        .x_label_area_size(30)
        .y_label_area_size(190)
        .build_cartesian_2d((least..most).log_scale(), -(cells.len() as f64)..1.0)
        .map_err(failed)?;
    chart.configure_mesh().disable_y_mesh().y_labels(0).x_label_formatter(&|x| format!("{x}")).draw().map_err(failed)?;
    for (x, strong) in [(1.0, true), (2.0, false)] {
        let line = [(x, -(cells.len() as f64)), (x, 1.0)];
        chart.draw_series(LineSeries::new(line, if strong { BLACK.stroke_width(2) } else { BLACK.stroke_width(1) })).map_err(failed)?;
    }
    for variant in others(variants) {
        let style = color(variant).filled();
        let of = |cancelled: bool| -> Vec<(f64, f64)> {
            let placed = cells.iter().enumerate().filter_map(|(at, cell)| Some((cell.ratio(variant)?, -(at as f64))));
            placed.filter(|((_, is), _)| *is == cancelled).map(|((ratio, _), y)| (ratio, y)).collect()
        };
        chart
            .draw_series(of(false).into_iter().map(|point| Circle::new(point, 4, style)))
            .map_err(failed)?
            .label(variant.name())
            .legend(move |(x, y)| Circle::new((x + 8, y), 4, style));
        chart.draw_series(of(true).into_iter().map(|point| Cross::new(point, 5, style))).map_err(failed)?;
    }
    for (at, cell) in cells.iter().enumerate() {
        let (_, y) = chart.backend_coord(&(1.0, -(at as f64)));
        let name = format!("{} / {}", cell.query, cell.user.name());
        root.draw(&Text::new(name, (20, y - 6), ("sans-serif", 12))).map_err(failed)?;
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperRight)
        .background_style(WHITE.mix(0.8))
        .border_style(BLACK)
        .label_font(("sans-serif", 13))
        .draw()
        .map_err(failed)?;
    root.present().map_err(failed)
}

/// How the time grows with the tables: a line for each variant, the geometric mean over all cells.
pub fn growth(all: &[Findings], variants: &[Variant], path: &Path) -> Result<()> {
    let line = |variant: Variant| -> Vec<(f64, f64)> {
        let points = all.iter().filter_map(|findings| {
            let times: Vec<f64> =
                findings.cells.iter().filter_map(|cell| cell.of(variant)).map(|one| one.median.as_secs_f64() * 1e3).collect();
            Some((findings.scale.fraction(), summary(&times)?.0))
        });
        points.collect()
    };
    let lines: Vec<(Variant, Vec<(f64, f64)>)> = variants.iter().map(|variant| (*variant, line(*variant))).collect();
    let times = || lines.iter().flat_map(|(_, line)| line.iter().map(|(_, time)| *time));
    let (least, most) = (times().fold(f64::MAX, f64::min) / 1.5, times().fold(0.0, f64::max) * 1.5);
    if most <= 0.0 {
        return Ok(());
    }
    let root = SVGBackend::new(path, (800, 500)).into_drawing_area();
    root.fill(&WHITE).map_err(failed)?;
    let mut chart = ChartBuilder::on(&root)
        .caption("Geometric mean of the medians in ms, by scale", ("sans-serif", 17))
        .margin(10)
        .x_label_area_size(30)
        .y_label_area_size(60)
        .build_cartesian_2d((0.08..1.2).log_scale(), (least..most).log_scale())
        .map_err(failed)?;
    chart.configure_mesh().draw().map_err(failed)?;
    for (variant, line) in lines {
        let style = color(variant).stroke_width(2);
        chart
            .draw_series(LineSeries::new(line, style))
            .map_err(failed)?
            .label(variant.name())
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 16, y)], style));
    }
    chart
        .configure_series_labels()
        .background_style(WHITE.mix(0.8))
        .border_style(BLACK)
        .label_font(("sans-serif", 13))
        .draw()
        .map_err(failed)?;
    root.present().map_err(failed)
}

fn others(variants: &[Variant]) -> impl Iterator<Item = Variant> + '_ {
    variants.iter().copied().filter(|variant| *variant != Variant::Hand)
}
