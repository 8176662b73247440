using System.Net;

namespace Relay;

/// <summary><c>[admin]</c>: the HTTP operations interface.</summary>
internal sealed class AdminSection
{
    /// <summary>Default true: an operator who cannot look is blind; it asks for a token and listens on loopback.</summary>
    [Setting]
    public bool Enabled { get; init; } = true;

    /// <summary>Address and port. Default 127.0.0.1:8025: this machine only.</summary>
    [Setting]
    public IPEndPoint Endpoint { get; init; } = new(IPAddress.Loopback, 8025);

    /// <summary>File of the first token, created at first start, readable by the service user only. Default: beside the other state.</summary>
    [Setting(Default = "{data}/admin.token", IsPath = true)]
    public required string TokenFile { get; init; }
}
