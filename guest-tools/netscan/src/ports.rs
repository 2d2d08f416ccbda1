//! Ports to scan.

/// The ports of all ranges, in their order, each once.
///
/// # Errors
///
/// One is neither a port nor a range.
pub fn ports(ranges: &[String]) -> Result<Vec<u16>, String> {
    let mut seen = vec![false; usize::from(u16::MAX) + 1];
    let mut all = Vec::new();
    for range in ranges {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        let ends = port(first)
            .zip(port(last))
            .filter(|(first, last)| first <= last);
        let (first, last) = ends.ok_or_else(|| {
            let shown: String = range.chars().take(100).collect();
            format!("expected a port such as `443` or a range such as `8000-8010`, not `{shown}`")
        })?;
        for port in first..=last {
            if let Some(seen) = seen.get_mut(usize::from(port))
                && !std::mem::replace(seen, true)
            {
                all.push(port);
            }
        }
    }
    Ok(all)
}

fn port(text: &str) -> Option<u16> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits
        .then(|| text.parse().ok())
        .flatten()
        .filter(|port| *port > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(ranges: &[&str]) -> Result<Vec<u16>, String> {
        let ranges: Vec<_> = ranges.iter().map(|&range| range.to_owned()).collect();
        ports(&ranges)
    }

    #[test]
    fn each_port_is_there_once() {
        assert_eq!(read(&["443", "79-81", "80"]).unwrap(), [443, 79, 80, 81]);
        assert_eq!(read(&["1-65535"]).unwrap().len(), 65535);
    }

    #[test]
    fn what_is_no_port_is_refused() {
        for range in [
            "", "0", "65536", "-", "1-", "-1", "2-1", "+1", "a", "1-2-3", " 1",
        ] {
            assert!(read(&[range]).is_err(), "{range}");
        }
    }
}
