//! Where things stand in the picture: regions in rows, cards in regions, curves between them.

use ::network::{EndpointId, Isolation};

/// Workloads that are alike.
pub(super) struct Card {
    pub(super) namespace: String,
    pub(super) title: String,
    pub(super) members: Vec<EndpointId>,
    /// Arriving, and leaving.
    pub(super) states: [Isolation; 2],
    /// What else is said of it.
    pub(super) lines: Vec<String>,
}

/// A namespace.
pub(super) struct Region {
    pub(super) name: String,
    pub(super) cards: Vec<usize>,
}

/// A rectangle.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

/// Where everything stands.
pub(super) struct Picture {
    pub(super) size: (f64, f64),
    pub(super) cards: Vec<Place>,
    pub(super) regions: Vec<Place>,
}

pub(super) const OUTSIDE_TOP: f64 = 72.0;
pub(super) const OUTSIDE_HEIGHT: f64 = 36.0;

/// So many lines fit on a card below its states.
pub(super) const MOST_LINES: usize = 3;

const CARD_WIDTH: f64 = 236.0;
const PADDING: f64 = 14.0;
/// Room between cards, for edges and what they say.
const GAP: (f64, f64) = (84.0, 52.0);
const HEAD: f64 = 44.0;
const MARGIN: f64 = 24.0;
/// Rows of regions end here, but for a region that is wider.
const WIDEST: f64 = 1_480.0;
const BETWEEN: f64 = 64.0;

fn card_height(card: &Card) -> f64 {
    48.0 + 14.0 * card.lines.len().min(MOST_LINES) as f64
}

pub(super) fn lay_out(cards: &[Card], regions: &[Region]) -> Picture {
    let mut places = vec![Place { x: 0.0, y: 0.0, width: CARD_WIDTH, height: 48.0 }; cards.len()];
    let mut of_regions = Vec::with_capacity(regions.len());
    let (mut x, mut y, mut tallest, mut widest) = (MARGIN, OUTSIDE_TOP + OUTSIDE_HEIGHT + 56.0, 0.0_f64, 640.0_f64);
    for region in regions {
        let columns = ((region.cards.len() as f64).sqrt().ceil() as usize).clamp(1, 4);
        let width = PADDING * 2.0 + columns as f64 * CARD_WIDTH + (columns - 1) as f64 * GAP.0;
        if x > MARGIN && x + width > WIDEST {
            (x, y, tallest) = (MARGIN, y + tallest + BETWEEN, 0.0);
        }
        let mut top = y + HEAD;
        for row in region.cards.chunks(columns) {
            let mut lowest = 0.0_f64;
            for (column, card) in row.iter().enumerate() {
                let height = card_height(&cards[*card]);
                let left = x + PADDING + column as f64 * (CARD_WIDTH + GAP.0);
                places[*card] = Place { x: left, y: top, width: CARD_WIDTH, height };
                lowest = lowest.max(height);
            }
            top += lowest + GAP.1;
        }
        let height = top - GAP.1 + PADDING - y;
        of_regions.push(Place { x, y, width, height });
        tallest = tallest.max(height);
        widest = widest.max(x + width);
        x += width + BETWEEN;
    }
    Picture { size: (widest + MARGIN, y + tallest + 78.0), cards: places, regions: of_regions }
}

/// A curve from one rectangle to another.
pub(super) struct Curve {
    pub(super) path: String,
    pub(super) label: (f64, f64),
}

pub(super) fn curve(from: Place, to: Place) -> Curve {
    let middle = |place: Place| (place.x + place.width / 2.0, place.y + place.height / 2.0);
    let ((from_x, from_y), (to_x, to_y)) = (middle(from), middle(to));
    let (across, down) = (to_x - from_x, to_y - from_y);
    let is_itself = across == 0.0 && down == 0.0;
    let beside = to.x > from.x + from.width || from.x > to.x + to.width;
    // Straight along a row it would seem to end at each card that it passes: it goes over them.
    let over = beside && down.abs() < 90.0 && across.abs() > (from.width + to.width) / 2.0 + GAP.0 + 40.0;
    // Leaving and arriving where the way is shortest; the control points go straight out of the side.
    let (start, end, bend) = if is_itself {
        ((from.x + from.width, from_y - 8.0), (from.x + from.width, from_y + 8.0), (46.0, 0.0))
    } else if over {
        let side = 30.0 * across.signum();
        ((from_x + side, from.y), (to_x - side, to.y), (0.0, -(across.abs() / 7.0).clamp(44.0, 96.0)))
    } else if beside {
        let sign = across.signum();
        let reach = (across.abs() / 2.5).clamp(24.0, 140.0) * sign;
        ((from_x + sign * from.width / 2.0, from_y), (to_x - sign * to.width / 2.0, to_y), (reach, 0.0))
    } else {
        let sign = down.signum();
        let reach = (down.abs() / 2.5).clamp(18.0, 140.0) * sign;
        ((from_x - 24.0, from_y + sign * from.height / 2.0), (to_x - 24.0, to_y - sign * to.height / 2.0), (0.0, reach))
    };
    let first = (start.0 + bend.0, start.1 + bend.1);
    let second = if is_itself || over { (end.0 + bend.0, end.1 + bend.1) } else { (end.0 - bend.0, end.1 - bend.1) };
    let path = format!(
        "M{:.0} {:.0}C{:.0} {:.0} {:.0} {:.0} {:.0} {:.0}",
        start.0, start.1, first.0, first.1, second.0, second.1, end.0, end.1
    );
    // The middle of the curve.
    let at = |of: fn((f64, f64)) -> f64| (of(start) + 3.0 * of(first) + 3.0 * of(second) + of(end)) / 8.0;
    Curve { path, label: (at(|point| point.0), at(|point| point.1) - 4.0) }
}

/// As much of a text as has room; letters are taken to be as wide as they are on average.
pub(super) fn cut(text: &str, room: f64, letter: f64) -> String {
    let most = (room / letter).max(1.0) as usize;
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}
