internal import PluginKit

// `http` and `metrics`, as they are written. What is missing between their keys is found by `HTTPChecks`.

/// `http`.
struct HTTPSection: Decodable {
  let listen: [HTTPListenSection]
  let hosts: [HostName]?
  let page: Bool?
  let spot: Spot

  private enum CodingKeys: CodingKey { case listen, hosts, page }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    listen = try container.decode([HTTPListenSection].self, forKey: .listen)
    hosts = try container.decodeIfPresent([HostName].self, forKey: .hosts)
    page = try container.decodeIfPresent(Bool.self, forKey: .page)
    spot = Spot(decoder)
  }
}

/// An entry of `http.listen`.
struct HTTPListenSection: Decodable {
  let address: Placed<SocketAddress>
  let tls: TLSName?
  let identities: [HTTPIdentity]?
  let spot: Spot

  private enum CodingKeys: CodingKey { case address, tls, identities }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    address = try container.decode(Placed<SocketAddress>.self, forKey: .address)
    tls = try container.decodeIfPresent(TLSName.self, forKey: .tls)
    identities = try container.decodeIfPresent([HTTPIdentity].self, forKey: .identities)
    spot = Spot(decoder)
  }
}

/// A pattern of identities that may read.
struct HTTPIdentity: Decodable {
  let pattern: IdentityPattern
  let spot: Spot

  init(from decoder: any Decoder) throws {
    pattern = try IdentityPattern(String(from: decoder))
    spot = Spot(decoder)
  }
}

/// `metrics`.
struct MetricsSection: Decodable {
  let textfile: FilePath
}
