namespace Relay.Admin;

/// <summary>What only the executable knows of itself: listeners, configuration, warnings.</summary>
public interface IServerStatus
{
    string Version { get; }

    string Hostname { get; }

    /// <summary>False when a command serves itself without a running server.</summary>
    bool IsServing { get; }

    /// <summary>All mail is captured instead of being sent.</summary>
    bool IsSandbox { get; }

    DateTimeOffset StartedAt { get; }

    IReadOnlyList<ListenerStatus> Listeners { get; }

    /// <summary>HTTP doors that are open: admin, api, public.</summary>
    IReadOnlyList<DoorStatus> Doors { get; }

    /// <summary>What the operator should know, for example a host name that is no FQDN.</summary>
    IReadOnlyList<string> Warnings { get; }

    /// <summary>Settings in force, secrets redacted, with their origin.</summary>
    IReadOnlyList<SettingStatus> Settings { get; }

    /// <summary>Room for data; asked for each time.</summary>
    DiskStatus Disk { get; }

    /// <summary>End of the certificate of the listeners; null for one made here.</summary>
    DateTimeOffset? CertificateExpires { get; }

    /// <summary>File the first admin token is written to.</summary>
    string TokenFile { get; }
}

/// <param name="FreeBytes">Null where the system does not tell.</param>
/// <param name="MinFreeBytes">Below it mail is refused for now.</param>
/// <param name="WarnFreeBytes">Below it an alert is sent; 0 for never.</param>
public sealed record DiskStatus(string Folder, long? FreeBytes, long? TotalBytes, long MinFreeBytes, long WarnFreeBytes);

/// <param name="Endpoint">Address and port it is bound to.</param>
/// <param name="Tls">none, starttls, required or implicit.</param>
/// <param name="Auth">required, optional or none.</param>
/// <param name="Login">Who has to log in, for people: networks, sockets and certificates make exceptions.</param>
/// <param name="Connections">Open now.</param>
public sealed record ListenerStatus(string Name, string Endpoint, string Tls, string Auth, string Login, int Connections);

/// <param name="Url">Where clients and recipients reach it: as configured, else by its endpoint.</param>
public sealed record DoorStatus(string Name, string Endpoint, bool Tls, string Url);

/// <param name="Origin">default, file:line, or the environment variable.</param>
public sealed record SettingStatus(string Key, string Value, string Origin);

/// <summary>One part whose health decides whether mail can flow.</summary>
public sealed record HealthPart(string Name, bool Healthy, string? Reason);
