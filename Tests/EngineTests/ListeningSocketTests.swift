import Foundation
import PluginKit
import Testing

@testable import Engine

struct ListeningSocketTests {
  private func bind(_ host: String = "127.0.0.1", port: Int = 0) throws -> ListeningSocket {
    try ListeningSocket.bind(ListenAddress(host: host, port: port))
  }

  @Test func `A bound socket knows its address, whoever has made it`() throws {
    for host in ["127.0.0.1", "::1"] {
      let socket = try bind(host)
      defer { close(socket.descriptor) }
      #expect(socket.address.ip == IPAddress(host) && socket.address.port != 0)
      #expect(ListeningSocket(adopting: socket.descriptor)?.address == socket.address)
      #expect(fcntl(socket.descriptor, F_GETFD) & FD_CLOEXEC != 0 && fcntl(socket.descriptor, F_GETFL) & O_NONBLOCK != 0)
    }
  }

  @Test func `What is no TCP socket is not adopted`() throws {
    let file = open("/dev/null", O_RDONLY | O_CLOEXEC)
    let datagrams = socket(AF_INET, CInt(SOCK_DGRAM.rawValue), 0)
    let local = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0)
    for descriptor in [file, datagrams, local] {
      defer { close(descriptor) }
      #expect(ListeningSocket(adopting: descriptor) == nil)
    }
    #expect(ListeningSocket(adopting: -1) == nil)
  }

  @Test func `An address that is taken is told of`() throws {
    let socket = try bind()
    defer { close(socket.descriptor) }
    #expect(listen(socket.descriptor, 1) == 0)
    let failure = #expect(throws: ListenFailure.self) { try bind(port: Int(socket.address.port)) }
    #expect(failure?.message == "Address already in use")
  }

  @Test func `Inherited sockets go to the addresses that they are bound to, once, and port 0 takes what there is`() throws {
    let sockets = try [bind(), bind(), bind("::1"), bind("127.0.0.2")]
    defer { for socket in sockets { close(socket.descriptor) } }
    var inherited = InheritedSockets(sockets)
    let second = ListenAddress(host: "127.0.0.1", port: Int(sockets[1].address.port))
    #expect(inherited.claim(second)?.descriptor == sockets[1].descriptor)
    #expect(inherited.claim(second) == nil)
    #expect(inherited.claim(ListenAddress(host: "127.0.0.1", port: 0))?.descriptor == sockets[0].descriptor)
    #expect(inherited.claim(ListenAddress(host: "127.0.0.1", port: 0)) == nil)
    #expect(inherited.claim(ListenAddress(host: "::1", port: 0))?.descriptor == sockets[2].descriptor)
    #expect(inherited.unclaimed.map(\.descriptor) == [sockets[3].descriptor])
  }
}
