using System.Net;
using Microsoft.AspNetCore.Http;
using Relay.Senders;

namespace Relay.Platform;

/// <summary>Lets holders of an API key in; everybody else gets 401 in the API's shape.</summary>
internal sealed class ApiAuthentication(CredentialCheck credentials)
{
    private const string Scheme = "Bearer ";

    /// <summary>Null when the caller is known now; otherwise the answer that refuses it.</summary>
    public async ValueTask<ApiFault?> CheckAsync(HttpContext context)
    {
        var header = context.Request.Headers.Authorization.ToString();
        if (!header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
        {
            return Refuse(context, "send an API key as 'Authorization: Bearer rk_…'; 'relay key create' makes one");
        }

        var client = context.Connection.RemoteIpAddress ?? IPAddress.None;
        var result = await credentials.CheckBearerAsync(header[Scheme.Length..].Trim(), client, context.RequestAborted);
        if (result.RetryAfter is { } wait)
        {
            return ApiFault.RateLimited("too many wrong keys from this address", wait);
        }

        if (result.Outcome == CredentialOutcome.Suspended)
        {
            return ApiFault.Forbidden("the account of this API key is suspended");
        }

        if (result.Credential is not { Kind: CredentialKind.ApiKey } credential)
        {
            return Refuse(context, "the API key is not valid: unknown, revoked, expired or not allowed from this address");
        }

        new ApiCaller(credential, client.ToString()).Attach(context);
        return null;
    }

    private static ApiFault Refuse(HttpContext context, string message)
    {
        context.Response.Headers.WWWAuthenticate = "Bearer realm=\"relay\"";
        return ApiFault.Unauthorized(message);
    }
}
