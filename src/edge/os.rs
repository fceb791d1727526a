//! Calls of the system that no safe crate wraps. This is the one file with unsafe code; each block says why it is
//! sound. It must not know what its callers do with the answers. On Linux it is empty.

#![allow(unsafe_code, reason = "calls of the system; no other file has any")]

#[cfg(windows)]
pub use windows::{Job, ends_within, keys, on_console_event, since_boot, take_sequences};

/// A value of the kernel: its text, or its bytes in hexadecimal digits. `None` where the kernel does not have it.
#[cfg(any(target_vendor = "apple", target_os = "freebsd"))]
pub fn sysctl(name: &std::ffi::CStr) -> Option<String> {
    let mut bytes = [0_u8; 64];
    let mut length = bytes.len();
    // SAFETY: the name ends with a zero, the buffer is as long as `length` says, and no value is set.
    let failed = unsafe {
        libc::sysctlbyname(name.as_ptr(), bytes.as_mut_ptr().cast(), &raw mut length, std::ptr::null_mut(), 0)
    };
    let value = bytes.get(..length).filter(|value| failed == 0 && !value.is_empty())?;
    let text = value.strip_suffix(b"\0").unwrap_or(value);
    if text.iter().all(u8::is_ascii_graphic) {
        return Some(String::from_utf8_lossy(text).into_owned());
    }
    Some(value.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(windows)]
mod windows {
    use std::io;
    use std::os::windows::io::{AsRawHandle, FromRawHandle as _, OwnedHandle};
    use std::process::Child;
    use std::ptr::null;
    use std::sync::{Arc, Mutex, PoisonError};
    use std::time::Duration;

    use windows_sys::Win32::Foundation::WAIT_OBJECT_0;
    use windows_sys::Win32::System::Console::{
        ENABLE_VIRTUAL_TERMINAL_PROCESSING, GetConsoleMode, INPUT_RECORD, KEY_EVENT, LEFT_ALT_PRESSED,
        LEFT_CTRL_PRESSED, RIGHT_ALT_PRESSED, RIGHT_CTRL_PRESSED, ReadConsoleInputW, SetConsoleCtrlHandler,
        SetConsoleMode,
    };
    use windows_sys::Win32::System::JobObjects::{
        AssignProcessToJobObject, CreateJobObjectW, JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE,
        JOBOBJECT_EXTENDED_LIMIT_INFORMATION, JobObjectExtendedLimitInformation, SetInformationJobObject,
        TerminateJobObject,
    };
    use windows_sys::Win32::System::Performance::{QueryPerformanceCounter, QueryPerformanceFrequency};
    use windows_sys::Win32::System::Threading::{INFINITE, WaitForSingleObject};

    /// The time since the machine was started, with the time for which it slept.
    pub fn since_boot() -> Duration {
        let (mut ticks, mut frequency) = (0, 0);
        // SAFETY: both write one number, and neither fails on a Windows that Rust supports.
        unsafe {
            QueryPerformanceCounter(&raw mut ticks);
            QueryPerformanceFrequency(&raw mut frequency);
        }
        let (ticks, frequency) = (ticks.unsigned_abs(), frequency.unsigned_abs().max(1));
        let nanos = u128::from(ticks % frequency) * 1_000_000_000 / u128::from(frequency);
        Duration::new(ticks / frequency, u32::try_from(nanos).unwrap_or_default())
    }

    /// Makes a console take escape sequences. Returns whether it does; a stream that is no console does not.
    pub fn take_sequences(stream: &impl AsRawHandle) -> bool {
        let (handle, mut mode) = (stream.as_raw_handle(), 0);
        // SAFETY: a handle that the process keeps, and room for one number.
        unsafe {
            GetConsoleMode(handle, &raw mut mode) != 0
                && SetConsoleMode(handle, mode | ENABLE_VIRTUAL_TERMINAL_PROCESSING) != 0
        }
    }

    /// Waits for the keys of the console on standard input, and passes each to `press` when it goes down, as a unit of
    /// UTF-16. It waits without taking, and asks `is_wanted` before it takes a key, so that what comes after that is left
    /// to others. Returns when it is not, or when there is no console.
    pub fn keys(is_wanted: impl Fn() -> bool, mut press: impl FnMut(u16)) {
        let stdin = io::stdin();
        let console = stdin.as_raw_handle();
        loop {
            // SAFETY: a handle that the process keeps; a wait changes nothing.
            let waited = unsafe { WaitForSingleObject(console, INFINITE) };
            if waited != WAIT_OBJECT_0 || !is_wanted() {
                return;
            }
            let (mut record, mut count) = (INPUT_RECORD::default(), 0);
            // SAFETY: room for one record, and 1 is asked for.
            let read = unsafe { ReadConsoleInputW(console, &raw mut record, 1, &raw mut count) };
            if read == 0 || count == 0 {
                return;
            }
            if u32::from(record.EventType) != KEY_EVENT {
                continue;
            }
            // SAFETY: the type says which member was written.
            let key = unsafe { record.Event.KeyEvent };
            let holds = |any: u32| key.dwControlKeyState & any != 0;
            let is_with_alt = holds(LEFT_ALT_PRESSED | RIGHT_ALT_PRESSED);
            // Both together are AltGr, which some keyboards need for a plain letter.
            let is_alt_gr = is_with_alt && holds(LEFT_CTRL_PRESSED | RIGHT_CTRL_PRESSED);
            if key.bKeyDown != 0 && (!is_with_alt || is_alt_gr) {
                // SAFETY: both members are numbers, and the wide call writes this one.
                press(unsafe { key.uChar.UnicodeChar });
            }
        }
    }

    type Obey = Arc<dyn Fn(u32) + Send + Sync>;

    /// What obeys the events of the console.
    static OBEY: Mutex<Option<Obey>> = Mutex::new(None);

    /// From now on, `obey` gets each event of the console (Ctrl-C, Ctrl-Break, its window is closed, the person logs off,
    /// the machine is shut down) on a thread of the system. After the last three the process ends when `obey` returns.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn on_console_event(obey: impl Fn(u32) + Send + Sync + 'static) -> io::Result<()> {
        let mut place = OBEY.lock().unwrap_or_else(PoisonError::into_inner);
        if place.replace(Arc::new(obey)).is_some() {
            return Ok(());
        }
        // SAFETY: the function is there for as long as the process.
        let set = unsafe { SetConsoleCtrlHandler(Some(on_event), 1) };
        if set == 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
    }

    extern "system" fn on_event(event: u32) -> i32 {
        let obey = OBEY.lock().unwrap_or_else(PoisonError::into_inner).clone();
        obey.map_or(0, |obey| {
            obey(event);
            1
        })
    }

    /// Whether a program ends in time.
    pub fn ends_within(child: &Child, deadline: Duration) -> bool {
        let millis = u32::try_from(deadline.as_millis()).unwrap_or(INFINITE - 1);
        // SAFETY: the handle lives as long as `child`.
        unsafe { WaitForSingleObject(child.as_raw_handle(), millis) == WAIT_OBJECT_0 }
    }

    /// A group of processes that end together, at the latest with this process.
    #[derive(Debug)]
    pub struct Job(OwnedHandle);

    impl Job {
        /// A group of a program and of whatever it starts from now on.
        ///
        /// # Errors
        /// When the system refuses.
        pub fn of(child: &Child) -> io::Result<Job> {
            // SAFETY: both may be missing.
            let job = unsafe { CreateJobObjectW(null(), null()) };
            if job.is_null() {
                return Err(io::Error::last_os_error());
            }
            // SAFETY: a new handle that nothing else owns.
            let job = Job(unsafe { OwnedHandle::from_raw_handle(job) });
            let mut limits = JOBOBJECT_EXTENDED_LIMIT_INFORMATION::default();
            limits.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE;
            let length = u32::try_from(size_of_val(&limits)).unwrap_or_default();
            let handle = job.0.as_raw_handle();
            // SAFETY: the class names the type of `limits`, and `length` is its size; the handles live until the end of
            // this function.
            let done = unsafe {
                SetInformationJobObject(handle, JobObjectExtendedLimitInformation, (&raw const limits).cast(), length)
                    != 0
                    && AssignProcessToJobObject(handle, child.as_raw_handle()) != 0
            };
            if done { Ok(job) } else { Err(io::Error::last_os_error()) }
        }

        /// Ends all of them.
        pub fn end(&self) {
            // SAFETY: the handle lives as long as `self`.
            unsafe { TerminateJobObject(self.0.as_raw_handle(), 1) };
        }
    }
}
