using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Relay.Senders;

namespace Relay.Admin;

/// <summary>What a caller may do; each role includes those before it.</summary>
internal enum AdminRole
{
    /// <summary>See everything but message content.</summary>
    View = 0,

    /// <summary>Steer the queue, read content.</summary>
    Operate = 1,

    /// <summary>Manage users, keys and tokens.</summary>
    Admin = 2,
}

/// <summary>The caller of one request.</summary>
/// <param name="Name">Token name, or <c>cli</c> for the local socket.</param>
/// <param name="Address">Null for the local socket.</param>
internal sealed record AdminActor(string Name, string? Address, AdminRole Role)
{
    private static readonly object Key = new();

    public static AdminActor Of(HttpContext context) =>
        context.Items[Key] as AdminActor ?? throw new InvalidOperationException("the request was not authenticated");

    /// <summary>The caller as the audit trail names it.</summary>
    public static AuditActor Audit(HttpContext context)
    {
        var actor = Of(context);
        return new AuditActor(actor.Name, actor.Address);
    }

    public void Attach(HttpContext context) => context.Items[Key] = this;
}

internal static class AdminRoleExtensions
{
    /// <summary>Refuses callers below the role with 403.</summary>
    public static RouteHandlerBuilder RequiresRole(this RouteHandlerBuilder builder, AdminRole role) =>
        builder.ProducesProblem(StatusCodes.Status403Forbidden).AddEndpointFilter(async (context, next) =>
            AdminActor.Of(context.HttpContext).Role >= role
                ? await next(context)
                : TypedResults.Problem($"this needs the role '{Words.Of(role)}'", statusCode: StatusCodes.Status403Forbidden, title: "Not allowed"));
}
