using System.Net;

namespace Relay;

/// <summary><c>[api]</c>: the HTTP e-mail API for applications. Not served unless <c>endpoint</c> is given.</summary>
internal sealed class ApiSection
{
    /// <summary>Address and port. Default: none, so that nothing is opened that nobody asked for.</summary>
    [Setting(Shown = "not served")]
    public IPEndPoint? Endpoint { get; init; }

    /// <summary>HTTPS with the certificate of <c>[tls]</c>. Default false: on loopback, or behind a proxy that does it.</summary>
    [Setting]
    public bool Tls { get; init; }

    /// <summary>Proxies whose X-Forwarded-For names the client. Default none: anybody else could claim any address.</summary>
    [Setting]
    public IReadOnlyList<IPNetwork> TrustedProxies { get; init; } = [];

    /// <summary>Only domains that proved themselves in DNS may stand in From. Default true: nobody sends as somebody else; false is for trusted local use.</summary>
    [Setting]
    public bool RequireVerifiedDomains { get; init; } = true;

    /// <summary>Requests of one API key per second; more is answered 429. Default 50: ample for an application, short of a runaway loop. 0 is without limit.</summary>
    [Setting(Min = "0", Max = "100000")]
    public int RequestsPerSecond { get; init; } = 50;

    /// <summary>E-mails of one account per hour; more is answered 429 by the API and 450 by SMTP. Default 0, without limit; 'relay account limit' sets others for one account.</summary>
    [Setting(Min = "0", Max = "1000000000")]
    public int EmailsPerHour { get; init; }

    /// <summary>E-mails of one account per day (UTC); more is answered 429 by the API and 450 by SMTP. Default 0, without limit.</summary>
    [Setting(Min = "0", Max = "1000000000")]
    public int EmailsPerDay { get; init; }

    /// <summary>Recipients of the e-mails of one account per hour; more is answered 429 by the API and 450 by SMTP. Default 0, without limit.</summary>
    [Setting(Min = "0", Max = "1000000000")]
    public int RecipientsPerHour { get; init; }

    /// <summary>Recipients of the e-mails of one account per day (UTC); more is answered 429 by the API and 450 by SMTP. Default 0, without limit.</summary>
    [Setting(Min = "0", Max = "1000000000")]
    public int RecipientsPerDay { get; init; }

    /// <summary>Request bodies in memory at a time, all together; more is answered 503. Default 256MiB.</summary>
    [Setting(Min = "64MiB", Max = "64GiB")]
    public ByteSize MaxBodyMemory { get; init; } = new(256 * 1024 * 1024);

    /// <summary>Webhooks may have http:// URLs. Default false: what is told of mail deserves TLS; true is for receivers on this host or in a closed network.</summary>
    [Setting]
    public bool PlainWebhooks { get; init; }
}
