using Relay.Platform.Templates;
using Relay.Senders;
using Xunit;

namespace Relay.Tests.Support;

/// <summary>What every template store promises; derive once per store.</summary>
public abstract class TemplateStoreContract : IAsyncLifetime
{
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly DateTimeOffset At = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    protected ITemplateStore Store { get; private set; } = null!;

    public async Task InitializeAsync() => Store = await OpenAsync();

    public Task DisposeAsync() => CloseAsync();

    protected abstract Task<ITemplateStore> OpenAsync();

    protected abstract Task CloseAsync();

    [Fact]
    public async Task Keeps_every_fact()
    {
        var template = New("welcome") with
        {
            AccountId = 3,
            Content = new TemplateContent
            {
                Subject = "Hello {{name}}",
                Html = "<p>ä</p>",
                Text = "plain",
                Variables = new Dictionary<string, string?> { ["name"] = "you", ["code"] = null },
                IsStrict = true,
            },
        };

        var added = (await Store.AddAsync(template, 10, None))!;

        var found = (await Store.FindAsync(3, template.Uid, None))!;
        Assert.True(added.Id > 0);
        Assert.Equal(template.Content.Variables.OrderBy(v => v.Key), found.Content.Variables.OrderBy(v => v.Key));
        Assert.Equal(added, found with { Content = found.Content with { Variables = added.Content.Variables } }, EqualityComparer<Template>.Default);
        Assert.Equal(1, await Store.CurrentVersionAsync(3, template.Uid, None));
    }

    [Fact]
    public async Task Keeps_accounts_apart()
    {
        var template = (await Store.AddAsync(New("a"), 10, None))!;

        Assert.Null(await Store.FindAsync(2, template.Uid, None));
        Assert.Null(await Store.CurrentVersionAsync(2, template.Uid, None));
        Assert.Null(await Store.FindVersionAsync(2, template.Uid, 1, None));
        Assert.Empty(await Store.VersionsAsync(2, template.Uid, None));
        Assert.Equal(0, (await Store.ListAsync(2, 0, 10, None)).Total);
        Assert.False(await Store.UpdateAsync(Next(template) with { AccountId = 2 }, 50, None));
        Assert.False(await Store.RemoveAsync(2, template.Uid, None));
        Assert.NotNull(await Store.AddAsync(New("a") with { AccountId = 2 }, 10, None));
    }

    [Fact]
    public async Task Refuses_a_taken_name_at_the_beginning_and_later()
    {
        await Store.AddAsync(New("a"), 10, None);
        var other = (await Store.AddAsync(New("b"), 10, None))!;

        await Assert.ThrowsAsync<DuplicateEntryException>(async () => await Store.AddAsync(New("a"), 10, None));
        await Assert.ThrowsAsync<DuplicateEntryException>(async () => await Store.UpdateAsync(Next(other) with { Name = "a" }, 50, None));
        Assert.Equal("b", (await Store.FindAsync(1, other.Uid, None))!.Name);
        Assert.Single(await Store.VersionsAsync(1, other.Uid, None));
    }

    [Fact]
    public async Task Refuses_more_than_an_account_may_have()
    {
        await Store.AddAsync(New("a"), 2, None);
        await Store.AddAsync(New("b"), 2, None);

        Assert.Null(await Store.AddAsync(New("c"), 2, None));
        Assert.NotNull(await Store.AddAsync(New("c") with { AccountId = 2 }, 2, None));
    }

    [Fact]
    public async Task A_change_makes_a_version_and_the_earlier_ones_stay_readable()
    {
        var first = (await Store.AddAsync(New("a"), 10, None))!;

        Assert.True(await Store.UpdateAsync(Next(first) with { Name = "renamed", Content = new TemplateContent { Text = "second" } }, 50, None));

        var current = (await Store.FindAsync(1, first.Uid, None))!;
        Assert.Equal((2, "renamed", "second", At, At.AddMinutes(2)), (current.Version, current.Name, current.Content.Text, current.CreatedAt, current.UpdatedAt));
        var earlier = (await Store.FindVersionAsync(1, first.Uid, 1, None))!;
        Assert.Equal((1, "a", "text of a"), (earlier.Version, earlier.Name, earlier.Content.Text));
        Assert.Equal([(2, "renamed"), (1, "a")], (await Store.VersionsAsync(1, first.Uid, None)).Select(v => (v.Version, v.Name)));
    }

    [Fact]
    public async Task Of_two_changes_of_the_same_version_one_wins()
    {
        var first = (await Store.AddAsync(New("a"), 10, None))!;

        Assert.True(await Store.UpdateAsync(Next(first), 50, None));
        Assert.False(await Store.UpdateAsync(Next(first) with { Content = new TemplateContent { Text = "late" } }, 50, None));
        Assert.NotEqual("late", (await Store.FindAsync(1, first.Uid, None))!.Content.Text);
    }

    [Fact]
    public async Task Keeps_the_newest_versions()
    {
        var template = (await Store.AddAsync(New("a"), 10, None))!;
        for (var i = 0; i < 5; i++)
        {
            template = Next(template);
            Assert.True(await Store.UpdateAsync(template, 3, None));
        }

        Assert.Equal([6, 5, 4], (await Store.VersionsAsync(1, template.Uid, None)).Select(v => v.Version));
        Assert.Null(await Store.FindVersionAsync(1, template.Uid, 3, None));
    }

    [Fact]
    public async Task Lists_newest_first_in_pages()
    {
        foreach (var name in new[] { "a", "b", "c" })
        {
            await Store.AddAsync(New(name), 10, None);
        }

        var page = await Store.ListAsync(1, 1, 1, None);
        Assert.Equal(3, page.Total);
        Assert.Equal("b", Assert.Single(page.Templates).Name);
        Assert.Equal(["c", "b", "a"], (await Store.ListAsync(1, 0, 10, None)).Templates.Select(t => t.Name));
    }

    [Fact]
    public async Task Removes_a_template_with_its_versions_once()
    {
        var template = (await Store.AddAsync(New("a"), 10, None))!;
        await Store.UpdateAsync(Next(template), 50, None);

        Assert.True(await Store.RemoveAsync(1, template.Uid, None));

        Assert.False(await Store.RemoveAsync(1, template.Uid, None));
        Assert.Null(await Store.FindAsync(1, template.Uid, None));
        Assert.Empty(await Store.VersionsAsync(1, template.Uid, None));
        Assert.NotNull(await Store.AddAsync(New("a"), 10, None));
    }

    private static Template New(string name) => new()
    {
        Uid = Guid.CreateVersion7(At),
        AccountId = 1,
        Name = name,
        Version = 1,
        Content = new TemplateContent { Text = "text of " + name },
        CreatedAt = At,
        UpdatedAt = At,
    };

    private static Template Next(Template template) => template with { Version = template.Version + 1, UpdatedAt = At.AddMinutes(template.Version + 1) };
}
