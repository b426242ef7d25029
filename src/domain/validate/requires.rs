//! The order of checks by `requires`, and cycles in `dependsOn`.

use super::validated::Check;
use std::collections::{BTreeSet, HashMap};

/// Indexes of `checks` with each check after those that it requires. Errors: the names of the checks in a cycle, or after one.
pub(super) fn order(checks: &[Check]) -> Result<Vec<usize>, Vec<String>> {
    let mut order = Vec::with_capacity(checks.len());
    let mut placed: BTreeSet<&str> = BTreeSet::new();
    while order.len() < checks.len() {
        let ready = (0..checks.len()).find(|&i| {
            let free = |r: &String| placed.contains(r.as_str()) || !checks.iter().any(|c| *c.name == **r);
            !order.contains(&i) && checks[i].requires.iter().all(free)
        });
        let Some(i) = ready else {
            let in_cycle = checks.iter().filter(|c| !placed.contains(&*c.name));
            return Err(in_cycle.map(|c| c.name.to_string()).collect());
        };
        placed.insert(&checks[i].name);
        order.push(i);
    }
    Ok(order)
}

/// The names along a cycle in `dependsOn` from `name` back to itself; `None` where there is none.
pub fn dependency_cycle(name: &str, depends_on: &HashMap<String, Vec<String>>) -> Option<Vec<String>> {
    let mut came_from: HashMap<&str, &str> = HashMap::new();
    let mut queue = std::collections::VecDeque::from([name]);
    while let Some(at) = queue.pop_front() {
        for next in depends_on.get(at).into_iter().flatten() {
            if next == name {
                let mut path = vec![name.to_string(), at.to_string()];
                let mut back = at;
                while back != name {
                    back = came_from[back];
                    path.push(back.to_string());
                }
                path.reverse();
                return Some(path);
            }
            if let std::collections::hash_map::Entry::Vacant(slot) = came_from.entry(next) {
                slot.insert(at);
                queue.push_back(next);
            }
        }
    }
    None
}
