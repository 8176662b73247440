using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Relay.Senders;

namespace Relay.Platform;

/// <summary>What an operation needs of a key.</summary>
public enum ApiScope
{
    Read = 0,
    Send = 1,
    Full = 2,

    /// <summary>Looking at people: not for keys that only send.</summary>
    ReadPeople = 3,
}

/// <summary>Who calls the API: an API key in force.</summary>
public sealed record ApiCaller(Credential Credential, string ClientAddress)
{
    private static readonly object Key = new();

    public long AccountId => Credential.AccountId;

    /// <summary>Name for events and audit entries.</summary>
    public string Actor => "key " + Credential.Name;

    /// <summary>full may all; send may send and look at e-mails; read may look.</summary>
    public bool May(ApiScope scope)
    {
        var scopes = Credential.Scopes.Split(' ');
        return scopes.Contains("full") || scope switch
        {
            ApiScope.Read => scopes.Contains("read") || scopes.Contains("send"),
            ApiScope.Send => scopes.Contains("send"),
            ApiScope.ReadPeople => scopes.Contains("read"),
            _ => false,
        };
    }

    public static ApiCaller Of(HttpContext context) =>
        context.Items[Key] as ApiCaller ?? throw new InvalidOperationException("the request was not authenticated");

    /// <summary>Null for operations open to all.</summary>
    internal static ApiCaller? Find(HttpContext context) => context.Items[Key] as ApiCaller;

    internal void Attach(HttpContext context) => context.Items[Key] = this;
}

internal static class ApiScopeExtensions
{
    /// <summary>Refuses keys that lack the scope with 403.</summary>
    public static RouteHandlerBuilder Needs(this RouteHandlerBuilder builder, ApiScope scope) =>
        builder.AddEndpointFilter(async (context, next) =>
            ApiCaller.Of(context.HttpContext).May(scope)
                ? await next(context)
                : scope.Refusal());

    /// <summary>What a key without the scope is told.</summary>
    public static ApiFault Refusal(this ApiScope scope) =>
        ApiFault.Forbidden($"this API key lacks the scope '{(scope == ApiScope.ReadPeople ? "read" : scope.ToString().ToLowerInvariant())}'");
}
