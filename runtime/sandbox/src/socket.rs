//! Sockets of a guest, and the names that it looks up for them.
//!
//! Owns the check that the engine makes before each use of an address, how many sockets there are for who is
//! granted none, and `wasi:sockets/ip-name-lookup`, which would otherwise ask the system for any name.
//! Refuses to listen.

use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use ringfence_egress::{EgressError, Outgoing, Transport};
use ringfence_policy::{Grant, Protocol};
use wasmtime::StoreContextMut;
use wasmtime::component::{Linker, Resource, ResourceTable, ResourceType};
use wasmtime_wasi::p2::bindings::sockets::network::{ErrorCode, IpAddress, IpAddressFamily};
use wasmtime_wasi::p2::bindings::sockets::{tcp_create_socket, udp_create_socket};
use wasmtime_wasi::p2::{
    DynPollable, Network, Pollable, SocketResult, TcpSocket, UdpSocket, subscribe,
};
use wasmtime_wasi::runtime::{AbortOnDropJoinHandle, spawn};
use wasmtime_wasi::sockets::{SocketAddrUse, WasiSocketsView as _};
use wasmtime_wasi::{WasiCtxBuilder, async_trait};

use crate::guest::Guest;

/// The interface that is linked anew.
const LOOKUP: &str = "wasi:sockets/ip-name-lookup@0.2.12";

/// The interfaces of which one function each is linked anew.
const CREATE_TCP: &str = "wasi:sockets/tcp-create-socket@0.2.12";
const CREATE_UDP: &str = "wasi:sockets/udp-create-socket@0.2.12";

/// Sockets that a call gets of a kind that it is granted none of: only when one is used is it said to
/// whom, and that is what goes on record. Each is a descriptor of this process, and what cannot be
/// connected is only good for using them up: bounds that.
const UNGRANTED_MAX: u32 = 4;

/// How many sockets a call may still get that it can do nothing with.
#[derive(Debug)]
pub(crate) struct Ungranted {
    left: u32,
}

impl Default for Ungranted {
    fn default() -> Self {
        Self {
            left: UNGRANTED_MAX,
        }
    }
}

/// Has every use of an address asked for.
pub(crate) fn guard(builder: &mut WasiCtxBuilder, outgoing: &Arc<Outgoing>) {
    // Which guest gets a socket at all, `may_create` says.
    builder.allow_tcp(true);
    builder.allow_udp(true);
    let outgoing = Arc::clone(outgoing);
    builder.socket_addr_check(move |address, used| {
        let allowed = is_allowed(&outgoing, address, used);
        Box::pin(std::future::ready(allowed))
    });
}

/// Whether the guest gets one more socket of this kind: as many as it has handles for where it is granted
/// one, or where somebody listens to what it wants.
fn may_create(guest: &mut Guest, protocol: Protocol) -> bool {
    let effective = guest.granted.effective();
    let is_granted = effective
        .grants()
        .iter()
        .any(|grant| matches!(grant, Grant::Socket(socket) if socket.protocol == protocol));
    if is_granted || effective.is_watched() {
        return true;
    }
    if let Some(left) = guest.ungranted.left.checked_sub(1) {
        guest.ungranted.left = left;
        return true;
    }
    let word = protocol.word();
    guest.ledger.deny(format!(
        "{word} sockets: denied, no grant; grant each with `socket={word}:HOST:PORT`"
    ));
    false
}

/// What a guest is answered that asked for a socket.
fn created<T: 'static>(
    socket: SocketResult<Resource<T>>,
) -> wasmtime::Result<Result<Resource<T>, ErrorCode>> {
    match socket {
        Ok(socket) => Ok(Ok(socket)),
        Err(error) => Ok(Err(error.downcast()?)),
    }
}

fn is_allowed(outgoing: &Outgoing, address: SocketAddr, used: SocketAddrUse) -> bool {
    let judged = match used {
        // What a system does by itself before it connects or sends. Any other place is for listening.
        SocketAddrUse::TcpBind | SocketAddrUse::UdpBind => {
            return address.ip().is_unspecified() && address.port() == 0;
        }
        SocketAddrUse::TcpListen | SocketAddrUse::TcpAccept => return false,
        SocketAddrUse::TcpConnect => outgoing.connect_socket(Transport::Tcp, address),
        SocketAddrUse::UdpSend => outgoing.connect_socket(Transport::Udp, address),
        SocketAddrUse::UdpReceive => outgoing.receive_from(address),
    };
    judged.is_ok()
}

/// A lookup on its way, or what came of it.
enum Lookup {
    Pending(AbortOnDropJoinHandle<Found>),
    Done(Found),
}

type Found = Result<std::vec::IntoIter<IpAddr>, ErrorCode>;

#[async_trait]
impl Pollable for Lookup {
    async fn ready(&mut self) {
        if let Self::Pending(task) = self {
            *self = Self::Done(task.await);
        }
    }
}

impl Lookup {
    fn next(&mut self) -> Result<Option<IpAddress>, ErrorCode> {
        if let Self::Pending(task) = self {
            let mut context = Context::from_waker(Waker::noop());
            match Pin::new(task).poll(&mut context) {
                Poll::Ready(found) => *self = Self::Done(found),
                Poll::Pending => return Err(ErrorCode::WouldBlock),
            }
        }
        match self {
            Self::Pending(_) => Err(ErrorCode::WouldBlock),
            Self::Done(Ok(addresses)) => Ok(addresses.next().map(IpAddress::from)),
            Self::Done(Err(code)) => Err(*code),
        }
    }
}

/// What a guest is told. All that is denied is one answer.
fn told(error: &EgressError) -> ErrorCode {
    match error {
        EgressError::Address { .. } | EgressError::Denied(_) => ErrorCode::AccessDenied,
        EgressError::Malformed(_) => ErrorCode::InvalidArgument,
        EgressError::Resolve(..) => ErrorCode::NameUnresolvable,
        _ => ErrorCode::TemporaryResolverFailure,
    }
}

/// Puts a question before the engine makes a socket.
fn create(linker: &mut Linker<Guest>) -> wasmtime::Result<()> {
    linker.instance(CREATE_TCP)?.func_wrap(
        "create-tcp-socket",
        |mut store: StoreContextMut<'_, Guest>, (family,): (IpAddressFamily,)| {
            let guest = store.data_mut();
            if !may_create(guest, Protocol::Tcp) {
                return Ok((Err(ErrorCode::AccessDenied),));
            }
            let socket: SocketResult<Resource<TcpSocket>> =
                tcp_create_socket::Host::create_tcp_socket(&mut guest.sockets(), family);
            Ok((created(socket)?,))
        },
    )?;
    linker.instance(CREATE_UDP)?.func_wrap_async(
        "create-udp-socket",
        |mut store: StoreContextMut<'_, Guest>, (family,): (IpAddressFamily,)| {
            Box::new(async move {
                let guest = store.data_mut();
                if !may_create(guest, Protocol::Udp) {
                    return Ok((Err(ErrorCode::AccessDenied),));
                }
                let mut sockets = guest.sockets();
                let socket: SocketResult<Resource<UdpSocket>> =
                    udp_create_socket::Host::create_udp_socket(&mut sockets, family).await;
                Ok((created(socket)?,))
            })
        },
    )
}

/// Puts our lookup in place of the engine's.
pub(crate) fn add_to_linker(linker: &mut Linker<Guest>) -> wasmtime::Result<()> {
    linker.allow_shadowing(true);
    create(linker)?;
    let mut instance = linker.instance(LOOKUP)?;
    instance.resource(
        "resolve-address-stream",
        ResourceType::host::<Lookup>(),
        |mut store: StoreContextMut<'_, Guest>, handle| {
            let table = &mut store.data_mut().table;
            table.delete(Resource::<Lookup>::new_own(handle))?;
            Ok(())
        },
    )?;
    instance.func_wrap(
        "resolve-addresses",
        |mut store: StoreContextMut<'_, Guest>, (network, name): (Resource<Network>, String)| {
            let guest = store.data_mut();
            // The handle itself is the leave to ask at all.
            guest.table.get(&network)?;
            let outgoing = Arc::clone(&guest.outgoing);
            let lookup = Lookup::Pending(spawn(async move {
                let found = outgoing.lookup(&name).await;
                found.map(Vec::into_iter).map_err(|error| told(&error))
            }));
            let pushed: Result<Resource<Lookup>, ErrorCode> = Ok(guest.table.push(lookup)?);
            Ok((pushed,))
        },
    )?;
    instance.func_wrap(
        "[method]resolve-address-stream.resolve-next-address",
        |mut store: StoreContextMut<'_, Guest>, (lookup,): (Resource<Lookup>,)| {
            Ok((table(&mut store).get_mut(&lookup)?.next(),))
        },
    )?;
    instance.func_wrap(
        "[method]resolve-address-stream.subscribe",
        |mut store: StoreContextMut<'_, Guest>, (lookup,): (Resource<Lookup>,)| {
            let pollable: Resource<DynPollable> = subscribe(table(&mut store), lookup)?;
            Ok((pollable,))
        },
    )?;
    linker.allow_shadowing(false);
    Ok(())
}

fn table<'s>(store: &'s mut StoreContextMut<'_, Guest>) -> &'s mut ResourceTable {
    &mut store.data_mut().table
}
