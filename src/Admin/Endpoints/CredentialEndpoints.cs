using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Relay.Senders;

namespace Relay.Admin;

/// <summary>Who may use the doors: SMTP logins, API keys, the admin token.</summary>
internal sealed class CredentialEndpoints
{
    private const int GeneratedPasswordLength = 24;
    private const string PasswordCharacters = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789";

    private readonly UserService _users;
    private readonly ApiKeyService _keys;
    private readonly ITokenFile _token;

    public CredentialEndpoints(UserService users, ApiKeyService keys, ITokenFile token)
    {
        _users = users;
        _keys = keys;
        _token = token;
    }

    public void Map(RouteGroupBuilder group)
    {
        group.MapGet("/users", ListUsersAsync).WithSummary("SMTP logins").Produces<Page<CredentialAnswer>>().RequiresRole(AdminRole.Admin);
        group.MapPost("/users", AddUserAsync).WithSummary("Create an SMTP login; without a password one is made and shown once")
            .Produces<UserCreated>().ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status409Conflict).RequiresRole(AdminRole.Admin);
        group.MapPut("/users/{name}/password", SetPasswordAsync).WithSummary("Change a login's password")
            .Produces(StatusCodes.Status204NoContent).ProducesProblem(StatusCodes.Status404NotFound).RequiresRole(AdminRole.Admin);
        group.MapDelete("/users/{name}", RemoveUserAsync).WithSummary("Delete an SMTP login")
            .Produces(StatusCodes.Status204NoContent).ProducesProblem(StatusCodes.Status404NotFound).RequiresRole(AdminRole.Admin);
        group.MapGet("/keys", ListKeysAsync).WithSummary("API keys").Produces<Page<CredentialAnswer>>().RequiresRole(AdminRole.Admin);
        group.MapPost("/keys", AddKeyAsync).WithSummary("Create an API key; it is shown once")
            .Produces<KeyCreated>().ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status409Conflict).RequiresRole(AdminRole.Admin);
        group.MapDelete("/keys/{name}", RevokeKeyAsync).WithSummary("Revoke an API key")
            .Produces(StatusCodes.Status204NoContent).ProducesProblem(StatusCodes.Status404NotFound).RequiresRole(AdminRole.Admin);
        group.MapPost("/token/rotate", RotateTokenAsync).WithSummary("Replace the first admin token; the new one is written to the token file")
            .Produces<TokenRotated>().RequiresRole(AdminRole.Admin);
    }

    private async Task<IResult> ListUsersAsync(CancellationToken cancellationToken) => List(await _users.ListAsync(cancellationToken));

    private async Task<IResult> ListKeysAsync(CancellationToken cancellationToken) => List(await _keys.ListAsync(cancellationToken));

    private static Ok<Page<CredentialAnswer>> List(IReadOnlyList<Credential> credentials) =>
        TypedResults.Ok(new Page<CredentialAnswer>([.. credentials.Select(CredentialAnswer.Of)], null));

    private async Task<IResult> AddUserAsync(UserRequest request, HttpContext context, CancellationToken cancellationToken)
    {
        var password = request.Password ?? RandomNumberGenerator.GetString(PasswordCharacters, GeneratedPasswordLength);
        try
        {
            var restrictions = new CredentialRestrictions { AllowedSenders = request.Senders ?? [], AllowedNetworks = request.Networks ?? [] };
            var user = await _users.CreateAsync(request.Name ?? "", password, restrictions, Actor(context), cancellationToken);
            return TypedResults.Ok(new UserCreated(user.Name, request.Password is null ? password : null));
        }
        catch (ArgumentException fault)
        {
            return Problems.BadRequest(fault.Message);
        }
        catch (DuplicateEntryException)
        {
            return Problems.Conflict($"there is a user {request.Name} already");
        }
    }

    private async Task<IResult> SetPasswordAsync(string name, PasswordRequest request, HttpContext context, CancellationToken cancellationToken)
    {
        try
        {
            return await _users.SetPasswordAsync(name, request.Password ?? "", Actor(context), cancellationToken)
                ? TypedResults.NoContent()
                : Problems.NotFound($"there is no user {name}");
        }
        catch (ArgumentException fault)
        {
            return Problems.BadRequest(fault.Message);
        }
    }

    private async Task<IResult> RemoveUserAsync(string name, HttpContext context, CancellationToken cancellationToken) =>
        await _users.RemoveAsync(name, Actor(context), cancellationToken) ? TypedResults.NoContent() : Problems.NotFound($"there is no user {name}");

    private async Task<IResult> AddKeyAsync(KeyRequest request, HttpContext context, CancellationToken cancellationToken)
    {
        try
        {
            var (key, clearText) = await _keys.CreateAsync(
                request.Name ?? "", request.Scope ?? "send", CredentialRestrictions.None, Actor(context), cancellationToken);
            return TypedResults.Ok(new KeyCreated(key.Name, key.Scopes, clearText));
        }
        catch (ArgumentException fault)
        {
            return Problems.BadRequest(fault.Message);
        }
        catch (DuplicateEntryException)
        {
            return Problems.Conflict($"there is a key {request.Name} already");
        }
    }

    private async Task<IResult> RevokeKeyAsync(string name, HttpContext context, CancellationToken cancellationToken) =>
        await _keys.RevokeAsync(name, Actor(context), cancellationToken) ? TypedResults.NoContent() : Problems.NotFound($"there is no key {name} in force");

    private async Task<IResult> RotateTokenAsync(HttpContext context, CancellationToken cancellationToken) =>
        TypedResults.Ok(new TokenRotated(await _token.RotateAsync(Actor(context), cancellationToken)));

    private static AuditActor Actor(HttpContext context)
    {
        var actor = AdminActor.Of(context);
        return new AuditActor(actor.Name, actor.Address);
    }
}

/// <summary>The file that holds the first admin token in clear.</summary>
public interface ITokenFile
{
    /// <summary>Replaces the token and writes the new one; returns the file's path.</summary>
    ValueTask<string> RotateAsync(AuditActor actor, CancellationToken cancellationToken);
}

/// <param name="Password">Null: one is made.</param>
/// <param name="Senders">Domains and addresses the login may send as; empty means any.</param>
/// <param name="Networks">CIDR networks it may be used from; empty means any.</param>
internal sealed record UserRequest(string? Name, string? Password, IReadOnlyList<string>? Senders, IReadOnlyList<string>? Networks);

internal sealed record PasswordRequest(string? Password);

/// <param name="Scope">full, send or read.</param>
internal sealed record KeyRequest(string? Name, string? Scope);

/// <param name="Password">Only when it was made here.</param>
internal sealed record UserCreated(string Name, string? Password);

internal sealed record KeyCreated(string Name, string Scope, string Key);

internal sealed record TokenRotated(string TokenFile);

internal sealed record CredentialAnswer(
    string Name,
    string Scopes,
    IReadOnlyList<string> Senders,
    IReadOnlyList<string> Networks,
    DateTimeOffset CreatedAt,
    DateTimeOffset? ExpiresAt,
    DateTimeOffset? RevokedAt,
    DateTimeOffset? LastUsedAt)
{
    public static CredentialAnswer Of(Credential credential) => new(
        credential.Name,
        credential.Scopes,
        credential.AllowedSenders,
        credential.AllowedNetworks,
        credential.CreatedAt,
        credential.ExpiresAt,
        credential.RevokedAt,
        credential.LastUsedAt);
}
