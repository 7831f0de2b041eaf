with

pull_requests as (

    select * from {{ ref('int_pull_requests_as_of') }}

),

labels as (

    select * from {{ ref('int_pull_request_labels') }}

),

long_lived_branches as (

    select * from {{ ref('long_lived_branches') }}

),

hotfix_markers as (

    select * from {{ ref('hotfix_markers') }}

),

-- A branch of somebody's copy is none of this repository's long-lived branches, whatever its name.
long_lived_heads as (

    select pull_requests.pull_request_id
    from pull_requests
    inner join long_lived_branches
        on {{ dictionary_match(
            'lower(pull_requests.head_branch)', 'long_lived_branches.branch', 'long_lived_branches.match_kind'
        ) }}
    where pull_requests.head_repository = pull_requests.repository or pull_requests.head_repository is null
    group by pull_requests.pull_request_id

),

hotfixes as (

    select pull_requests.pull_request_id
    from pull_requests
    inner join hotfix_markers
        on
            hotfix_markers.field = 'branch'
            and {{ dictionary_match(
                'lower(pull_requests.head_branch)', 'hotfix_markers.marker', 'hotfix_markers.match_kind'
            ) }}

    {{ union_distinct() }}

    select labels.pull_request_id
    from labels
    inner join hotfix_markers
        on
            hotfix_markers.field = 'label'
            and {{ dictionary_match('labels.label', 'hotfix_markers.marker', 'hotfix_markers.match_kind') }}

),

final as (

    select
        pull_requests.pull_request_id,

        long_lived_heads.pull_request_id is not null as is_from_long_lived_branch,
        hotfixes.pull_request_id is not null as is_hotfix

    from pull_requests
    left join long_lived_heads
        on pull_requests.pull_request_id = long_lived_heads.pull_request_id
    left join hotfixes
        on pull_requests.pull_request_id = hotfixes.pull_request_id

)

select * from final
