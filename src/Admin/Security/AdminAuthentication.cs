using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Relay.Senders;

namespace Relay.Admin;

/// <summary>Lets in holders of an admin token, and commands on the local socket, whose file permissions are their token.</summary>
internal sealed class AdminAuthentication
{
    private const string Scheme = "Bearer ";

    private readonly CredentialCheck _credentials;

    public AdminAuthentication(CredentialCheck credentials) => _credentials = credentials;

    /// <summary>Null when the caller is known now; otherwise the answer that refuses it.</summary>
    public async ValueTask<IResult?> CheckAsync(HttpContext context)
    {
        if (context.Features.Get<IConnectionSocketFeature>()?.Socket.AddressFamily == AddressFamily.Unix)
        {
            new AdminActor("cli", null, AdminRole.Admin).Attach(context);
            return null;
        }

        var header = context.Request.Headers.Authorization.ToString();
        if (!header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
        {
            return Unauthorized(context, "send the admin token as 'Authorization: Bearer …'; it stands in the token file of the data folder");
        }

        var client = context.Connection.RemoteIpAddress ?? IPAddress.None;
        var result = await _credentials.CheckBearerAsync(header[Scheme.Length..].Trim(), client, context.RequestAborted);
        if (result.RetryAfter is { } wait)
        {
            context.Response.Headers.RetryAfter = Math.Ceiling(wait.TotalSeconds).ToString("0", System.Globalization.CultureInfo.InvariantCulture);
            return TypedResults.Problem("too many wrong tokens from this address", statusCode: StatusCodes.Status429TooManyRequests, title: "Try later");
        }

        if (result.Credential is not { Kind: CredentialKind.AdminToken } credential || RoleOf(credential) is not { } role)
        {
            return Unauthorized(context, "the token is not valid");
        }

        new AdminActor(credential.Name, client.ToString(), role).Attach(context);
        return null;
    }

    private static AdminRole? RoleOf(Credential credential) =>
        credential.Scopes.Split(' ').Select(scope => Enum.TryParse<AdminRole>(scope, ignoreCase: true, out var role) ? role : (AdminRole?)null).Max();

    private static ProblemHttpResult Unauthorized(HttpContext context, string detail)
    {
        context.Response.Headers.WWWAuthenticate = "Bearer realm=\"relay\"";
        return TypedResults.Problem(detail, statusCode: StatusCodes.Status401Unauthorized, title: "Not logged in");
    }
}
