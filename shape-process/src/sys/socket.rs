//! Packets with descriptors beside them, between two processes.

use rustix::io::{Errno, IoSlice, IoSliceMut};
use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, ReturnFlags,
    SendAncillaryBuffer, SendAncillaryMessage, SendFlags, SocketFlags, SocketType, recvmsg,
    sendmsg, socketpair,
};
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

/// The most descriptors beside a packet.
const DESCRIPTORS: usize = 5;

/// Two connected ends. They keep the bounds of what is written.
///
/// # Source
/// unix(7), `SOCK_SEQPACKET`
pub(crate) fn pair() -> io::Result<(OwnedFd, OwnedFd)> {
    Ok(socketpair(
        AddressFamily::UNIX,
        SocketType::SEQPACKET,
        SocketFlags::CLOEXEC,
        None,
    )?)
}

/// Sends one packet.
///
/// # Errors
/// `EAGAIN` if the other end has many packets that it has not read, and it is not to `wait`.
pub(crate) fn send(
    socket: impl AsFd,
    packet: &[u8],
    descriptors: &[BorrowedFd<'_>],
    wait: bool,
) -> Result<(), Errno> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(DESCRIPTORS))];
    let mut beside = SendAncillaryBuffer::new(&mut space);
    if !descriptors.is_empty() && !beside.push(SendAncillaryMessage::ScmRights(descriptors)) {
        return Err(Errno::INVAL);
    }
    let packet = [IoSlice::new(packet)];
    let flags = match wait {
        true => SendFlags::NOSIGNAL,
        false => SendFlags::NOSIGNAL | SendFlags::DONTWAIT,
    };
    rustix::io::retry_on_intr(|| sendmsg(&socket, &packet, &mut beside, flags))?;
    Ok(())
}

/// A packet that was received.
pub(crate) struct Received {
    /// Its bytes; 0 if the other end was closed.
    pub(crate) length: usize,
    pub(crate) descriptors: Vec<OwnedFd>,
    /// There were more, for which this process has none left.
    pub(crate) are_cut: bool,
}

/// Receives one packet into `buffer`. The descriptors are closed on exec.
///
/// # Errors
/// `EAGAIN` if there is none and it is not to `wait`; `EMSGSIZE` if it does not fit.
pub(crate) fn receive(socket: impl AsFd, buffer: &mut [u8], wait: bool) -> Result<Received, Errno> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(DESCRIPTORS))];
    let mut beside = RecvAncillaryBuffer::new(&mut space);
    let flags = match wait {
        true => RecvFlags::CMSG_CLOEXEC,
        false => RecvFlags::CMSG_CLOEXEC | RecvFlags::DONTWAIT,
    };
    let received = rustix::io::retry_on_intr(|| {
        recvmsg(&socket, &mut [IoSliceMut::new(buffer)], &mut beside, flags)
    })?;
    let rights = beside.drain().filter_map(|message| match message {
        RecvAncillaryMessage::ScmRights(descriptors) => Some(descriptors),
        _ => None,
    });
    let descriptors = rights.flatten().collect();
    if received.flags.contains(ReturnFlags::TRUNC) {
        return Err(Errno::MSGSIZE);
    }
    Ok(Received {
        length: received.bytes,
        descriptors,
        are_cut: received.flags.contains(ReturnFlags::CTRUNC),
    })
}
