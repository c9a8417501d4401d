//! Groups of machines that all reach each other.

use super::links::Inflows;

/// The strongly connected components of the machines that `is_in` has, senders before those they send to.
///
/// Tarjan, "Depth-first search and linear graph algorithms", SIAM Journal on Computing 1 (2), 1972, along links
/// from a machine to those who send to it.
pub(super) fn components(inflows: &Inflows, is_in: &dyn Fn(usize) -> bool) -> Vec<Vec<u32>> {
    const NEW: u32 = u32::MAX;
    let machines = inflows.machines();
    let (mut number, mut lowest) = (vec![NEW; machines], vec![NEW; machines]);
    let mut is_waiting = vec![false; machines];
    let (mut waiting, mut found, mut next) = (Vec::new(), Vec::new(), 0);
    // Machines that are being visited, and how many of their senders have been looked at.
    let mut path: Vec<(usize, usize)> = Vec::new();
    for root in (0..machines).filter(|&root| is_in(root)) {
        if number[root] != NEW {
            continue;
        }
        path.push((root, 0));
        while let Some((machine, looked)) = path.last_mut() {
            let machine = *machine;
            if *looked == 0 && number[machine] == NEW {
                (number[machine], lowest[machine]) = (next, next);
                next += 1;
                waiting.push(machine as u32);
                is_waiting[machine] = true;
            }
            if let Some(&(sender, _)) = inflows.to(machine).get(*looked) {
                *looked += 1;
                let sender = sender as usize;
                if is_in(sender) && number[sender] == NEW {
                    path.push((sender, 0));
                } else if is_waiting[sender] {
                    lowest[machine] = lowest[machine].min(number[sender]);
                }
                continue;
            }
            path.pop();
            if let Some(&(before, _)) = path.last() {
                lowest[before] = lowest[before].min(lowest[machine]);
            }
            if lowest[machine] == number[machine] {
                let begins = waiting.iter().rposition(|&one| one as usize == machine);
                let members = waiting.split_off(begins.expect("the root of a component waits"));
                for &one in &members {
                    is_waiting[one as usize] = false;
                }
                found.push(members);
            }
        }
    }
    found
}
