using Relay.Senders;

namespace Relay.Platform.Templates;

/// <summary>Creates and changes templates; nothing that cannot be rendered is ever stored.</summary>
internal sealed class TemplateService(ITemplateStore store, TemplateCompiler compiler, TemplateCache cache, TimeProvider time)
{
    public const int MaxTemplates = 5000;
    public const int KeptVersions = 50;
    private const int MaxTries = 3;

    public async ValueTask<Template> CreateAsync(long accountId, TemplateRequest request, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var template = new Template
        {
            Uid = Guid.CreateVersion7(now),
            AccountId = accountId,
            Name = request.Name,
            Version = 1,
            Content = ContentOf(request, new TemplateContent()),
            CreatedAt = now,
            UpdatedAt = now,
        };
        var compiled = await CompileAsync(template.Content, cancellationToken);
        try
        {
            var added = await store.AddAsync(template, MaxTemplates, cancellationToken)
                ?? throw new BadFieldException(ApiFault.Conflict($"the account has {MaxTemplates} templates already; delete some first"));
            cache.Add(added.Uid, added.Version, compiled);
            return added;
        }
        catch (DuplicateEntryException)
        {
            throw NameTaken(template.Name);
        }
    }

    /// <summary>Changes the fields that the request has; null when there is no such template.</summary>
    public async ValueTask<Template?> UpdateAsync(long accountId, Guid uid, TemplateRequest request, CancellationToken cancellationToken)
    {
        var name = request.Has("name") ? request.Name : null;
        return await ChangeAsync(
            accountId,
            uid,
            request.Version,
            current => current with { Name = name ?? current.Name, Content = ContentOf(request, current.Content) },
            cancellationToken);
    }

    /// <summary>Makes the content of an earlier version the newest version; the name stays. Null when there is no such template or version.</summary>
    public async ValueTask<Template?> RestoreAsync(long accountId, Guid uid, int version, CancellationToken cancellationToken) =>
        await store.FindVersionAsync(accountId, uid, version, cancellationToken) is { } earlier
            ? await ChangeAsync(accountId, uid, null, current => current with { Content = earlier.Content }, cancellationToken)
            : null;

    /// <summary>Renders content that is stored nowhere.</summary>
    public async ValueTask<RenderResult> PreviewAsync(TemplateRequest request, CancellationToken cancellationToken)
    {
        var content = Complete(new TemplateContent
        {
            Subject = request.Subject,
            Html = request.Html,
            Text = request.Text,
            IsStrict = request.IsStrict,
        });
        var values = request.Values();
        return (await CompileAsync(content, cancellationToken)).Render(values);
    }

    private async ValueTask<Template?> ChangeAsync(
        long accountId, Guid uid, int? baseVersion, Func<Template, Template> change, CancellationToken cancellationToken)
    {
        for (var tries = 1; ; tries++)
        {
            if (await store.FindAsync(accountId, uid, cancellationToken) is not { } current)
            {
                return null;
            }

            if (baseVersion is { } expected && expected != current.Version)
            {
                throw Changed($"version {expected} is not current any more, {current.Version} is");
            }

            var changed = change(current) with { Version = current.Version + 1, UpdatedAt = time.GetUtcNow() };
            var compiled = await CompileAsync(changed.Content, cancellationToken);
            if (await SaveAsync(changed, cancellationToken))
            {
                // Not before: until it is stored, the number may become somebody else's.
                cache.Add(changed.Uid, changed.Version, compiled);
                return changed;
            }

            if (tries == MaxTries)
            {
                throw Changed("the template is being changed by somebody else; try again");
            }
        }
    }

    private async ValueTask<bool> SaveAsync(Template changed, CancellationToken cancellationToken)
    {
        try
        {
            return await store.UpdateAsync(changed, KeptVersions, cancellationToken);
        }
        catch (DuplicateEntryException)
        {
            throw NameTaken(changed.Name);
        }
    }

    private async ValueTask<CompiledTemplate> CompileAsync(TemplateContent content, CancellationToken cancellationToken)
    {
        var (compiled, problems) = await compiler.CompileAsync(content, cancellationToken);
        return compiled ?? throw new BadFieldException(ApiFault.BadRequest(string.Join("; ", problems.Select(p => $"{p.Part}: {p.Problem}"))));
    }

    private static TemplateContent ContentOf(TemplateRequest request, TemplateContent current) => Complete(current with
    {
        Subject = request.Has("subject") ? request.Subject : current.Subject,
        Html = request.Has("html") ? request.Html : current.Html,
        Text = request.Has("text") ? request.Text : current.Text,
        Variables = request.Has("variables") ? request.Variables : current.Variables,
        IsStrict = request.Has("strict") ? request.IsStrict : current.IsStrict,
    });

    private static TemplateContent Complete(TemplateContent content) =>
        content.Html is null && content.Text is null ? throw new BadFieldException(ApiFault.BadField("html", "is required, or text")) : content;

    private static BadFieldException NameTaken(string name) => new(ApiFault.NotUnique($"name: there is a template named '{name}' already"));

    private static BadFieldException Changed(string message) => new(ApiFault.Conflict(message));
}
