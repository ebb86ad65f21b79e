import NIOCore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Looks a name up with the system's `getaddrinfo`, blocking.
package let systemLookup: HostResolver.Lookup = { (host) throws(HostLookupError) in
  var hints = addrinfo()
  #if canImport(Glibc)
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
  #else
    hints.ai_socktype = SOCK_STREAM
  #endif
  var list: UnsafeMutablePointer<addrinfo>?
  let code = getaddrinfo(host, nil, &hints, &list)
  guard code == 0 else { throw HostLookupError(host: host, reason: String(cString: gai_strerror(code))) }
  defer { freeaddrinfo(list) }
  let addresses = socketAddresses(list)
  guard !addresses.isEmpty else { throw HostLookupError(host: host, reason: "it has no address") }
  return addresses
}

private func socketAddresses(_ list: UnsafeMutablePointer<addrinfo>?) -> [SocketAddress] {
  var addresses: [SocketAddress] = []
  var next = list
  while let entry = next?.pointee {
    if let address = socketAddress(entry) { addresses.append(address) }
    next = entry.ai_next
  }
  return addresses
}

private func socketAddress(_ entry: addrinfo) -> SocketAddress? {
  // The family says which structure getaddrinfo put behind ai_addr.
  switch entry.ai_family {
  case AF_INET: entry.ai_addr?.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { SocketAddress($0.pointee) }
  case AF_INET6: entry.ai_addr?.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { SocketAddress($0.pointee) }
  default: nil
  }
}
