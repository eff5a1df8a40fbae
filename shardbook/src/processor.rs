//! Whether the processor has the instructions that this build was compiled for: without a look the process would just be killed.

use crate::Failure;

/// Looks before anything is opened.
///
/// # Errors
/// When it lacks some, with what to do.
pub fn check() -> Result<(), Failure> {
    #[cfg(target_arch = "x86_64")]
    {
        let has = [
            std::arch::is_x86_feature_detected!("sse4.2"),
            std::arch::is_x86_feature_detected!("pclmulqdq"),
        ];
        // With which `.cargo/config.toml` compiles RocksDB.
        let flags = option_env!("CXXFLAGS_x86_64_unknown_linux_gnu");
        enough(flags.unwrap_or_default(), has)?;
    }
    Ok(())
}

/// Whether what a build needs is there: SSE 4.2, PCLMULQDQ.
#[cfg(any(target_arch = "x86_64", test))]
fn enough(flags: &str, has: [bool; 2]) -> Result<(), Failure> {
    let needs = [("-msse4.2", "SSE 4.2"), ("-mpclmul", "PCLMULQDQ")];
    let lacking = needs
        .into_iter()
        .zip(has)
        .find(|((flag, _), has)| flags.contains(flag) && !has);
    let Some(((_, name), _)) = lacking else { return Ok(()) };
    let told = format!(
        "this processor has no {name}, which this build needs: give a virtual machine the type of processor of its host, or \
         build with the variable CXXFLAGS_x86_64_unknown_linux_gnu set to nothing"
    );
    Err(told.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Protects who starts the house on an old or a masked processor from a process that is killed without a word.
    #[test]
    fn what_the_processor_lacks_is_named() {
        let both = "-msse4.2 -mpclmul";
        // given flags and what the processor has, then what is named
        let table = [
            (both, [true, true], None),
            (both, [false, false], Some("SSE 4.2")),
            (both, [true, false], Some("PCLMULQDQ")),
            ("-msse4.2", [true, false], None),
            ("", [false, false], None),
        ];
        for (flags, has, named) in table {
            let told = enough(flags, has).err().map(|failure| failure.to_string());
            assert_eq!(told.is_some(), named.is_some(), "{flags} {has:?}: {told:?}");
            if let (Some(told), Some(named)) = (told, named) {
                assert!(told.contains(named) && told.contains("build with"), "{told}");
            }
        }
    }
}
