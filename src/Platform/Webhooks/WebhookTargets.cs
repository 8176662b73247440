using System.Net;
using Relay.Dns;

namespace Relay.Platform.Webhooks;

/// <summary>Which URLs a webhook may have; what DNS says of them is checked again whenever they are called.</summary>
internal sealed class WebhookTargets(IDnsResolver resolver, TargetPolicy policy, PlatformOptions options)
{
    /// <summary>As browsers and other services have it.</summary>
    public const int MaxUrlLength = 2_083;

    /// <summary>What is wrong with the URL's form; null when nothing is.</summary>
    public string? FormFault(string text, out Uri? url)
    {
        url = null;
        if (text.Length is 0 or > MaxUrlLength || !Uri.TryCreate(text, UriKind.Absolute, out var parsed) || parsed.Host.Length == 0)
        {
            return $"must be an absolute URL of at most {MaxUrlLength} characters";
        }

        if (parsed.Scheme != Uri.UriSchemeHttps && !(parsed.Scheme == Uri.UriSchemeHttp && options.AllowPlainWebhooks))
        {
            return options.AllowPlainWebhooks ? "must begin with https:// or http://" : "must begin with https://";
        }

        if (parsed.UserInfo.Length > 0 || parsed.Fragment.Length > 0)
        {
            return "must not carry a user name or a fragment; use own headers for credentials";
        }

        url = parsed;
        return null;
    }

    /// <summary>What is wrong with where the URL leads; null when nothing is, or DNS cannot tell for now.</summary>
    public async ValueTask<string?> FaultAsync(Uri url, CancellationToken cancellationToken)
    {
        var host = url.IdnHost.Trim('[', ']').TrimEnd('.');
        if (IPAddress.TryParse(host, out var literal))
        {
            return FaultOf([literal]);
        }

        var answer = await resolver.LookupAddressesAsync(host, cancellationToken);
        if (answer.IsTemporary)
        {
            return null;
        }

        return answer.IsSuccess ? FaultOf(answer.Records.Select(record => record.Address)) : $"{host} has no address";
    }

    private string? FaultOf(IEnumerable<IPAddress> addresses)
    {
        foreach (var address in addresses)
        {
            if (!policy.Allows(address, out var reason))
            {
                return "leads to where this server may not connect: " + reason;
            }
        }

        return null;
    }
}
