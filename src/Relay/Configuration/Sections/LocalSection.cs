using Relay.Mail;

namespace Relay;

/// <summary><c>[local]</c>: mail for this host itself.</summary>
internal sealed class LocalSection
{
    /// <summary>Where mail for postmaster goes (RFC 5321 §4.5.1). Default: nowhere, it is refused; only the operator knows who reads it.</summary>
    [Setting(Shown = "none")]
    public Mailbox? Postmaster { get; init; }

    /// <summary>Folder in which <c>sendmail</c> keeps messages while no server runs; the server makes it, anybody may add, only its owner looks. Default: in <c>data</c>, which the users of this machine must be able to enter; where it is closed to them, one outside.</summary>
    [Setting(IsPath = true, Default = "{data}/maildrop", Shown = "maildrop in data")]
    public required string Maildrop { get; init; }

    /// <summary>Further domains whose postmaster and abuse are ours, such as those we send for. Default: the host name alone.</summary>
    [Setting]
    public IReadOnlyList<DomainName> Domains { get; init; } = [];

    /// <summary>Addresses at which anybody may hand in complaints (feedback loops), DMARC and TLS reports; they are read here. Return paths need no entry. Default: none.</summary>
    [Setting(Shown = "[]")]
    public IReadOnlyList<Mailbox> Reports { get; init; } = [];
}
