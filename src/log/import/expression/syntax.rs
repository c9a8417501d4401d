//! What can be told of an expression before it runs.

use std::sync::Arc;

use fancy_regex::{Assertion, CompileError, Error, Expr};
use regex_syntax::hir::{Class, Hir, HirKind};

/// Why an expression was refused; the first `shift` bytes of it are not the user's.
pub(super) fn explained(error: &Error, shift: usize) -> String {
    match error {
        Error::ParseError(place, error) => {
            format!("{error}, at its place {}", place.saturating_sub(shift))
        }
        Error::CompileError(error) => match &**error {
            CompileError::InnerError(inner) => match (inner.syntax_error(), inner.size_limit()) {
                (Some(wrong), _) => unparsed(wrong),
                (None, Some(most)) => format!(
                    "it takes more than {} MiB: repeat less, or shorter things",
                    most >> 20
                ),
                (None, None) => inner.to_string(),
            },
            CompileError::PatternTooComplex => {
                "it takes too much when compiled: repeat less, or shorter things".to_owned()
            }
            other => other.to_string(),
        },
        other => other.to_string(),
    }
}

/// What is wrong in a part of an expression, and in which.
fn unparsed(error: &regex_syntax::Error) -> String {
    let (why, part, span) = match error {
        regex_syntax::Error::Parse(error) => {
            (error.kind().to_string(), error.pattern(), *error.span())
        }
        regex_syntax::Error::Translate(error) => {
            (error.kind().to_string(), error.pattern(), *error.span())
        }
        other => return other.to_string(),
    };
    let wrong = part.get(span.start.offset..span.end.offset);
    format!("{why} ({:?})", wrong.unwrap_or(part))
}

/// What an expression has that goes beyond a match at a place.
pub(super) fn unusable(expr: &Expr) -> Option<&'static str> {
    let is = |wanted: fn(&Expr) -> bool| expr.has_descendant_or_self(wanted);
    if is(|expr| matches!(expr, Expr::KeepOut)) {
        Some("\\K is not taken here: put what comes before into (?<=...)")
    } else if is(|expr| matches!(expr, Expr::ContinueFromPreviousMatchEnd)) {
        Some("\\G is not taken here")
    } else if is(|expr| matches!(expr, Expr::BacktrackingControlVerb(_) | Expr::Absent(_))) {
        Some("verbs as (*FAIL) and (?~...) are not taken here")
    } else {
        None
    }
}

/// The same expression as automata take it, if they can.
pub(super) fn plain(expr: &Expr) -> Option<String> {
    let is_hard = |expr: &Expr| match expr {
        Expr::Assertion(assertion) => matches!(
            assertion,
            Assertion::EndTextIgnoreTrailingNewlines { .. } | Assertion::StartLineOniguruma { .. }
        ),
        Expr::Empty
        | Expr::Any { .. }
        | Expr::Literal { .. }
        | Expr::Concat(_)
        | Expr::Alt(_)
        | Expr::Group(_)
        | Expr::Repeat { .. }
        | Expr::Delegate { .. } => false,
        _ => true,
    };
    if expr.has_descendant_or_self(is_hard) {
        return None;
    }
    let mut plain = String::new();
    expr.to_str(&mut plain, 0);
    Some(plain)
}

/// The same expression, `.*x` at the end of a line or of all being written so that each character tells where it belongs.
pub(super) fn decided(expr: &Expr) -> Expr {
    rewrite(expr, true)
}

/// `ends_line` says that a line break, the end of a line or nothing follows.
fn rewrite(expr: &Expr, ends_line: bool) -> Expr {
    match expr {
        Expr::Group(child) => Expr::Group(Arc::new(rewrite(child, ends_line))),
        Expr::Concat(children) => {
            let mut written: Vec<Expr> = Vec::with_capacity(children.len());
            let mut rest = children.as_slice();
            let mut ends_line = ends_line;
            while let Some((last, before)) = rest.split_last() {
                if let (
                    Some(mark),
                    Some(Expr::Repeat {
                        child,
                        lo: 0,
                        hi: usize::MAX,
                        greedy: true,
                    }),
                ) = (one_letter(last), before.last())
                    && ends_line
                    && matches!(
                        **child,
                        Expr::Any {
                            newline: false,
                            crlf: false
                        }
                    )
                    && let Some(decided) = up_to(mark)
                {
                    written.push(decided);
                    rest = &before[..before.len() - 1];
                    ends_line = false;
                    continue;
                }
                written.push(rewrite(last, ends_line));
                ends_line = starts_with_end(last) || ends_line && matches!(last, Expr::Empty);
                rest = before;
            }
            written.reverse();
            Expr::Concat(written)
        }
        other => other.clone(),
    }
}

/// The one letter that a literal is, but for a line break.
fn one_letter(expr: &Expr) -> Option<char> {
    let Expr::Literal { val, casei: false } = expr else {
        return None;
    };
    let mut letters = val.chars();
    letters
        .next()
        .filter(|&letter| letter != '\n' && letters.next().is_none())
}

/// Whether only the end of a line can stand where this begins.
fn starts_with_end(expr: &Expr) -> bool {
    match expr {
        Expr::Literal { val, .. } => val.starts_with('\n'),
        Expr::Assertion(Assertion::EndLine { crlf: false }) => true,
        Expr::Concat(children) => children.first().is_some_and(starts_with_end),
        Expr::Group(child) => starts_with_end(child),
        _ => false,
    }
}

/// All of a line up to this letter the last time.
fn up_to(letter: char) -> Option<Expr> {
    let mut mark = String::new();
    regex_syntax::escape_into(&letter.to_string(), &mut mark);
    let other = format!("[^{mark}\\n]");
    let written = format!("(?:{other}*{mark}+(?:{other}+{mark}+)*)");
    Expr::parse_tree(&written).ok().map(|tree| tree.expr)
}

/// Whether no match holds a line break or depends on another line; `sees_all` says that the engine sees all lines.
pub(super) fn is_confined(expr: &Expr, sees_all: bool) -> bool {
    !expr.has_descendant_or_self(|expr| match expr {
        Expr::Any { newline, .. } => *newline,
        Expr::Literal { val, .. } => val.contains('\n'),
        Expr::Delegate { inner, .. } => takes_line_break(inner),
        Expr::Assertion(
            Assertion::StartText
            | Assertion::EndText
            | Assertion::EndTextIgnoreTrailingNewlines { .. },
        ) => !sees_all,
        Expr::Empty
        | Expr::Assertion(_)
        | Expr::Concat(_)
        | Expr::Alt(_)
        | Expr::Group(_)
        | Expr::Repeat { .. }
        | Expr::LookAround(..)
        | Expr::Backref { .. }
        | Expr::AtomicGroup(_)
        | Expr::KeepOut
        | Expr::Conditional { .. }
        | Expr::BackrefExistsCondition { .. } => false,
        _ => true,
    })
}

/// Whether a class of characters, in the syntax of automata, has the line break.
fn takes_line_break(class: &str) -> bool {
    fn holds(hir: &Hir) -> bool {
        match hir.kind() {
            HirKind::Class(Class::Unicode(class)) => class
                .ranges()
                .iter()
                .any(|range| (range.start()..=range.end()).contains(&'\n')),
            HirKind::Class(Class::Bytes(class)) => class
                .ranges()
                .iter()
                .any(|range| (range.start()..=range.end()).contains(&b'\n')),
            HirKind::Literal(literal) => literal.0.contains(&b'\n'),
            HirKind::Repetition(repetition) => holds(&repetition.sub),
            HirKind::Capture(capture) => holds(&capture.sub),
            HirKind::Concat(all) | HirKind::Alternation(all) => all.iter().any(holds),
            HirKind::Empty | HirKind::Look(_) => false,
        }
    }
    regex_syntax::parse(class).is_ok_and(|hir| holds(&hir)) || regex_syntax::parse(class).is_err()
}

/// For each line of a match the literals that must stand in it outside of the groups `except`.
pub(super) fn literals(expr: &Expr, except: &[usize]) -> Vec<Vec<String>> {
    let mut found = Literals {
        lines: vec![vec![String::new()]],
        except,
        groups: 0,
    };
    found.collect(expr, true);
    for line in &mut found.lines {
        line.retain(|literal| !literal.is_empty());
    }
    found.lines
}

struct Literals<'e> {
    lines: Vec<Vec<String>>,
    except: &'e [usize],
    /// The groups that were met.
    groups: usize,
}

impl Literals<'_> {
    fn collect(&mut self, expr: &Expr, is_certain: bool) {
        match expr {
            Expr::Literal { val, casei: false } if is_certain => {
                for (place, piece) in val.split('\n').enumerate() {
                    if place > 0 {
                        self.lines.push(vec![String::new()]);
                    }
                    if let Some(last) = self.lines.last_mut().and_then(|line| line.last_mut()) {
                        last.push_str(piece);
                    }
                }
            }
            Expr::Concat(children) => {
                for child in children {
                    self.collect(child, is_certain);
                }
            }
            Expr::Group(child) => {
                self.groups += 1;
                let is_excepted = self.except.contains(&self.groups);
                if is_excepted {
                    self.end_literal();
                }
                self.collect(child, is_certain && !is_excepted);
            }
            Expr::Empty | Expr::Assertion(_) => {}
            other => {
                self.end_literal();
                // Groups count wherever they stand.
                for child in other.children_iter() {
                    self.collect(child, false);
                }
            }
        }
    }

    fn end_literal(&mut self) {
        if let Some(line) = self.lines.last_mut() {
            line.push(String::new());
        }
    }
}
